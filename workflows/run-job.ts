import { sleep } from '@temporalio/workflow';
import type { JobPurpose, JobVerdict } from '../domain/job.ts';
import { jobName } from '../domain/names.ts';
import { jobBackoffSeconds } from '../domain/retry.ts';
import { reportOfCause, toFailure } from './failures.ts';
import { awaitJobAs } from './proxies.ts';
import type { RunContext } from './run-context.ts';

/** Submits a job and waits for it, again while a retry budget pays; two budgets, one for each kind of fault. */
export async function runJob(context: RunContext, purpose: JobPurpose): Promise<JobVerdict> {
  const spent = { infrastructure: 0, code: 0 };
  for (;;) {
    const verdict = await oneAttempt(context, purpose);
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
    context.apply({ type: 'stage-retried', stage: purpose });
    await sleep(jobBackoffSeconds(spent[cause.budget]) * 1000);
  }
}

async function oneAttempt(context: RunContext, purpose: JobPurpose): Promise<JobVerdict> {
  const attempt = context.attempts[purpose] + 1;
  context.attempts[purpose] = attempt;
  const { summary } = context;
  // Named before it is made, so that a cancel finds it even when the submit's answer was lost.
  context.jobs.push(jobName(summary.jobPrefix, purpose, attempt));
  const job = { runId: summary.runId, purpose, attempt };
  await context.activities.submitJob(job);
  const verdict = await awaitJobAs(summary, `await-${purpose}-${attempt}`)(job);
  context.jobs.pop();
  return verdict;
}
