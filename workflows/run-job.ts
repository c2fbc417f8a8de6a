import { sleep } from '@temporalio/workflow';
import { endedAttempt, newAttempt } from '../domain/attempt.ts';
import type { GateView } from '../domain/gates/gate.ts';
import type { JobPurpose, JobVerdict } from '../domain/job.ts';
import { awaitId, jobName } from '../domain/names.ts';
import { jobBackoffSeconds } from '../domain/retry.ts';
import { reportOfCause, toFailure } from './failures.ts';
import { awaitJobAs } from './proxies.ts';
import type { RunContext } from './run-context.ts';

/** Submits a job and waits for it, again while a retry budget pays; two budgets, one for each kind of fault. */
export async function runJob(context: RunContext, purpose: JobPurpose, gate: GateView | null): Promise<JobVerdict> {
  const spent = { infrastructure: 0, code: 0 };
  for (;;) {
    const verdict = await oneAttempt(context, purpose, gate);
    context.apply({ type: 'job-ended', verdict });
    if (verdict.phase === 'succeeded') return verdict;
    const { cause } = verdict;
    if (cause === null) {
      throw toFailure({ code: 'TY_JOB_CANCELLED', message: 'the job was cancelled', where: verdict.job });
    }
    if (spent[cause.budget] >= context.summary.retries[cause.budget]) {
      throw toFailure(reportOfCause(cause, verdict.job));
    }
    spent[cause.budget] += 1;
    const pause = Math.round(jobBackoffSeconds(spent[cause.budget], verdict.job) * 1000);
    context.apply({ type: 'stage-retried', stage: purpose });
    context.apply({ type: 'job-retried', job: verdict.job, at: new Date(Date.now() + pause).toISOString() });
    await sleep(pause);
  }
}

async function oneAttempt(context: RunContext, purpose: JobPurpose, gate: GateView | null): Promise<JobVerdict> {
  const attempt = context.attempts[purpose] + 1;
  context.attempts[purpose] = attempt;
  const { summary } = context;
  // Named before it is made, so that a cancel finds it even when the submit's answer was lost.
  const name = jobName(summary.jobPrefix, purpose, attempt);
  context.jobs.push(name);
  const job = { runId: summary.runId, purpose, attempt };
  const { last } = context.attempts;
  const submitted = await context.activities.submitJob({
    ...job,
    ...(gate === null ? {} : { gate }),
    ...(last === undefined ? {} : { previous: last }),
  });
  const begun = newAttempt({ job: name, purpose, attempt }, submitted?.resumedFrom ?? null);
  context.apply({ type: 'job-submitted', attempt: begun });
  const wait = awaitJobAs(summary, awaitId(purpose, attempt));
  const verdict = await context.suspension.during(context, name, () => wait(job));
  context.attempts.last = endedAttempt(begun, verdict);
  context.jobs.pop();
  return verdict;
}
