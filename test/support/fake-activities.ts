import { ApplicationFailure } from '@temporalio/common';
import type { JobRef, TrainyardActivities } from '../../domain/activities.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { errorEntry } from '../../domain/errors.ts';
import type { FailureCause, JobVerdict } from '../../domain/job.ts';
import { jobName } from '../../domain/names.ts';
import type { PlanSummary } from '../../domain/plan.ts';

/** A summary for workflow tests. */
export function summaryOf(taskQueue: string, changes: Partial<PlanSummary> = {}): PlanSummary {
  return {
    runId: 'run-digits-abc',
    name: 'digits',
    displayName: null,
    project: 'default',
    backend: 'local',
    site: 'local',
    taskQueue,
    jobPrefix: 'digits-abcdefgh',
    stages: ['resolve', 'fetch', 'train', 'package', 'push', 'register'],
    output: { url: 'file:///out', branch: 'digits-1' },
    modelRepo: 'file:///model',
    datasetRepo: null,
    limits: { totalSeconds: 3600, parkedSeconds: 60, keepFailedSeconds: 0 },
    retries: { infrastructure: 2, code: 0 },
    onFailure: 'fail',
    graceSeconds: 1,
    ...changes,
  };
}

export function verdictOf(job: JobRef, changes: Partial<JobVerdict> = {}): JobVerdict {
  return {
    job: jobName('digits-abcdefgh', job.purpose, job.attempt),
    phase: 'succeeded',
    startedAt: null,
    finishedAt: null,
    stepSeconds: { [job.purpose]: 1 },
    cause: null,
    metrics: null,
    ...changes,
  };
}

export function causeOf(changes: Partial<FailureCause> = {}): FailureCause {
  return {
    kind: 'exit-code',
    code: 'TY_JOB_EXIT_CODE',
    budget: 'code',
    message: 'worker 1 ended with exit code 3',
    step: 'train',
    role: 'worker',
    rank: 1,
    exitCode: 3,
    signal: null,
    lastLines: ['boom'],
    ...changes,
  };
}

/** A failure as `toFailure` makes it. */
export function failureOf(code: ErrorCode): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: code,
    nonRetryable: errorEntry(code).fate !== 'retry',
    details: [{ code, message: code }],
  });
}

/** Activities that note their names and do nothing else, unless replaced. */
export function fakeActivities(
  summary: PlanSummary,
  replaced: Partial<TrainyardActivities> = {},
): { readonly calls: string[]; readonly activities: TrainyardActivities } {
  const calls: string[] = [];
  const plain: TrainyardActivities = {
    resolve: async () => summary,
    fetch: async () => {},
    submitJob: async () => {},
    awaitJob: async (job) => verdictOf(job),
    push: async () => ({ commit: 'c'.repeat(40) }),
    register: async () => ({ name: 'digits', url: 'http://127.0.0.1:1', version: 'v1' }),
    offerGate: async ({ stage }) => ({
      evidence: { stage, commits: {}, params: {}, metrics: null, artifact: null, baseline: null },
      digest: '0'.repeat(64),
      check: null,
    }),
    probe: async () => {},
    takeSlot: async () => {},
    freeSlot: async () => {},
    tellParked: async () => {},
    takeOver: async () => {},
    amend: async () => summary,
    suspendJob: async () => {},
    cancelJobs: async () => [],
    conclude: async () => {},
    ...replaced,
  };
  const noted = Object.entries(plain).map(([name, work]) => [
    name,
    (...args: never[]) => {
      calls.push(name);
      return (work as (...given: never[]) => unknown)(...args);
    },
  ]);
  return { calls, activities: Object.fromEntries(noted) as TrainyardActivities };
}
