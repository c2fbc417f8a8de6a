import type { KubeObject } from '../../domain/cluster-job.ts';
import { countAt, textAt, trueCondition } from '../../domain/json.ts';
import type { Condition } from '../../domain/json.ts';

/** What a TrainJob and its JobSet say together. Times are RFC 3339. */
export type TrainJobState =
  /** Its JobSet is not there yet; `refusal` = why the last attempt to make it was refused. */
  | { readonly kind: 'unborn'; readonly refusal: string | null }
  /** Its JobSet has been refused for a minute and longer: no condition ever says so. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'live'; readonly restarts: number }
  | { readonly kind: 'succeeded'; readonly at: string | null }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string; readonly at: string | null };

const REFUSAL = 'TrainJobResourcesCreationFailed';
const REFUSAL_GRACE_MS = 60_000;

/** Failures after which there is no JobSet to ask. */
const WITHOUT_JOBSET = ['DeadlineExceeded', 'TrainingRuntimeNotSupported'];

/** @param now RFC 3339 */
export function trainJobState(
  job: KubeObject,
  jobSet: KubeObject | null,
  events: readonly KubeObject[],
  now: string,
): TrainJobState {
  const complete = trueCondition(job, 'Complete');
  if (complete !== null) return { kind: 'succeeded', at: complete.at };
  const failed = trueCondition(job, 'Failed') ?? failureOf(jobSet);
  if (failed !== null && isConfirmed(failed, jobSet)) {
    return { kind: 'failed', reason: failed.reason ?? '', message: failed.message ?? '', at: failed.at };
  }
  if (trueCondition(job, 'Suspended') !== null) return { kind: 'suspended' };
  if (jobSet !== null) return { kind: 'live', restarts: countAt(jobSet, 'status', 'restarts') };
  return unborn(job, events, now);
}

/** `Failed` comes and goes while Trainer reconciles; a JobSet that has ended does not rise again. */
function isConfirmed(failed: Condition, jobSet: KubeObject | null): boolean {
  if (jobSet === null || WITHOUT_JOBSET.includes(failed.reason ?? '')) return true;
  return hasFailed(jobSet);
}

function failureOf(jobSet: KubeObject | null): Condition | null {
  return hasFailed(jobSet) ? trueCondition(jobSet, 'Failed') : null;
}

function hasFailed(jobSet: KubeObject | null): boolean {
  return textAt(jobSet, 'status', 'terminalState') === 'Failed';
}

function unborn(job: KubeObject, events: readonly KubeObject[], now: string): TrainJobState {
  const message = lastRefusal(events);
  if (message === null) return { kind: 'unborn', refusal: null };
  const age = Date.parse(now) - Date.parse(job.metadata.creationTimestamp ?? now);
  return age < REFUSAL_GRACE_MS ? { kind: 'unborn', refusal: message } : { kind: 'refused', message };
}

/** Why Trainer could not make a job's JobSet when it last tried; `null` = it never failed to. */
export function lastRefusal(events: readonly KubeObject[]): string | null {
  const refusals = events.filter((event) => textAt(event, 'reason') === REFUSAL);
  const [refusal] = refusals.toSorted((one, other) => (lastSeen(one) < lastSeen(other) ? 1 : -1));
  return refusal === undefined ? null : (textAt(refusal, 'message') ?? REFUSAL);
}

function lastSeen(event: KubeObject): string {
  return textAt(event, 'lastTimestamp') ?? textAt(event, 'eventTime') ?? event.metadata.creationTimestamp ?? '';
}
