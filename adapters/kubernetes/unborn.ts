import type { FailureCause, JobStatus } from '../../domain/job.ts';
import type { KeptJob } from './kept-jobs.ts';
import { suspendedWords } from './suspended.ts';

/** What was told of a job last, with another reason; a job of which nothing was told yet is queued. */
export function statusOfLast(kept: KeptJob, reason: string): JobStatus {
  const { last } = kept.state;
  if (last !== null) return { ...last, reason };
  const { name, runId, attempt, plan } = kept.submitted.request;
  return {
    name,
    runId,
    attempt,
    purpose: plan.purpose,
    phase: 'queued',
    reason,
    submittedAt: kept.submitted.submittedAt,
    startedAt: null,
    finishedAt: null,
    stepSeconds: {},
    ranks: [],
    cause: null,
  };
}

/** A job whose object is not made yet. */
export function statusOfUnborn(kept: KeptJob): JobStatus {
  const { suspended, waiting } = kept.state;
  if (suspended === null) return statusOfLast(kept, waiting ?? 'not submitted yet');
  return statusOfLast(kept, suspendedWords(suspended));
}

/** The end of a job that was ended before its object was made. */
export function endOfUnborn(kept: KeptJob): JobStatus {
  const base = { ...statusOfLast(kept, ''), reason: null, finishedAt: new Date().toISOString() };
  const { endedBy, waiting } = kept.state;
  if (endedBy === null || endedBy.why === 'cancel') return { ...base, phase: 'cancelled' };
  const message = waiting === null ? endedBy.reason : `${endedBy.reason}: ${waiting}`;
  return {
    ...base,
    phase: 'failed',
    cause: causeOf({ kind: 'start-deadline', code: 'TY_JOB_START_DEADLINE', message }),
  };
}

/** The end of a job that had to wait, and that the cluster then refused for good. */
export function refused(kept: KeptJob, { code, message }: Pick<FailureCause, 'code' | 'message'>): JobStatus {
  const base = { ...statusOfLast(kept, ''), reason: null, finishedAt: new Date().toISOString() };
  return { ...base, phase: 'failed', cause: causeOf({ kind: 'start-error', code, message }) };
}

function causeOf(cause: Pick<FailureCause, 'kind' | 'code' | 'message'>): FailureCause {
  return {
    ...cause,
    budget: 'code',
    step: null,
    role: null,
    rank: null,
    exitCode: null,
    signal: null,
    lastLines: [],
  };
}
