import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ResolveRequest, TrainyardActivities } from '../domain/activities.ts';
import type { PlanSummary } from '../domain/plan.ts';
import { toFailure } from './failures.ts';
import { PROBE_SECONDS, RECONCILE_SECONDS } from '../domain/retry.ts';

/** A worker that dies is noticed after this long; every activity beats by itself. */
const HEARTBEAT = '10s';

const RESOLVING = {
  startToCloseTimeout: '5m',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 11 },
} as const;

/** `resolve` runs where the workflow runs: the plan that names the site's queue is not made yet. */
export const { resolve } = proxyActivities<TrainyardActivities>(RESOLVING);

/** The same beside the site that the spec names. */
export async function resolveAt(
  siteQueue: string,
  input: unknown,
  ...request: [] | [ResolveRequest]
): Promise<PlanSummary> {
  const beside = proxyActivities<TrainyardActivities>({ ...RESOLVING, taskQueue: siteQueue });
  const answer = await beside.resolve(input, ...request);
  if (!('siteQueue' in answer)) return answer;
  throw toFailure({
    code: 'TY_INTERNAL',
    message: 'the worker of the site does not serve it',
    where: `task queue ${siteQueue}`,
    why: `it points to task queue ${answer.siteQueue}`,
    fix: 'give all workers the same sites in their settings',
  });
}

/** The activities of a planned run, on the queue of its site. */
export function siteActivities(summary: PlanSummary): Omit<TrainyardActivities, 'resolve' | 'awaitJob' | 'takeSlot'> {
  const common = { taskQueue: summary.taskQueue, heartbeatTimeout: HEARTBEAT } as const;
  const budget = {
    initialInterval: '1s',
    backoffCoefficient: 2,
    maximumInterval: '5m',
    maximumAttempts: summary.retries.infrastructure + 1,
  } as const;
  const quick = proxyActivities<TrainyardActivities>({
    ...common,
    startToCloseTimeout: '5m',
    retry: budget,
    // A job that is still being made cannot be found, and so not be ended: a cancel waits for the submit's end.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  const long = proxyActivities<TrainyardActivities>({
    ...common,
    startToCloseTimeout: '24h',
    retry: budget,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  // Undoing and recording must not give up after a few tries: they end the run.
  const lasting = proxyActivities<TrainyardActivities>({
    ...common,
    startToCloseTimeout: '30m',
    scheduleToCloseTimeout: '24h',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
  });
  const patient = proxyActivities<TrainyardActivities>({
    ...common,
    startToCloseTimeout: '5m',
    retry: { initialInterval: `${PROBE_SECONDS}s`, backoffCoefficient: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });
  const asked = proxyActivities<TrainyardActivities>({
    ...common,
    startToCloseTimeout: '2m',
    retry: { ...budget, maximumAttempts: 3 },
  });
  return {
    fetch: long.fetch,
    submitJob: quick.submitJob,
    suspendJob: quick.suspendJob,
    push: long.push,
    register: long.register,
    takeOver: long.takeOver,
    // Whoever changes a run waits for the answer: what keeps failing is theirs to ask for again.
    amend: asked.amend,
    tellParked: asked.tellParked,
    offerGate: long.offerGate,
    freeSlot: lasting.freeSlot,
    probe: patient.probe,
    cancelJobs: lasting.cancelJobs,
    conclude: lasting.conclude,
  };
}

/** For who does not want to wait: what is not done after a minute or two is given up. */
export function urgentActivities(summary: PlanSummary): Pick<TrainyardActivities, 'cancelJobs'> {
  return proxyActivities<TrainyardActivities>({
    taskQueue: summary.taskQueue,
    heartbeatTimeout: HEARTBEAT,
    startToCloseTimeout: '1m',
    scheduleToCloseTimeout: '2m',
    retry: { initialInterval: '1s', backoffCoefficient: 2 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });
}

/**
 * Waits for a job and holds nothing: an attempt reads the job and lets the watcher complete it by this id.
 * TRY_CANCEL, because an activity that is completed from outside sees a cancel only at its next attempt.
 */
export function awaitJobAs(summary: PlanSummary, activityId: string): TrainyardActivities['awaitJob'] {
  return proxyActivities<TrainyardActivities>({
    taskQueue: summary.taskQueue,
    activityId,
    startToCloseTimeout: `${RECONCILE_SECONDS}s`,
    retry: { initialInterval: '1s', backoffCoefficient: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    // Handed out in the answer to another call it would be lost with that answer, and nobody beats for it.
    allowEagerDispatch: false,
  }).awaitJob;
}
