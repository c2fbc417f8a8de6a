import type { KubeObject } from '../../domain/cluster-job.ts';
import { conditionsOf, textAt, trueCondition } from '../../domain/json.ts';

/** What the gang scheduler says about a job that does not run yet. */
export function podGroupWait(podGroup: KubeObject | null, queue: string | null): string | null {
  if (podGroup === null) return null;
  const where = queue === null ? '' : ` in queue ${queue}`;
  const unschedulable = trueCondition(podGroup, 'Unschedulable');
  if (unschedulable !== null) return `no room for all replicas at once${where}: ${said(unschedulable)}`;
  const phase = textAt(podGroup, 'status', 'phase');
  return phase === null || phase === 'Pending' ? `waits to be let in${where}` : null;
}

/** What Kueue says about a job that it holds back. */
export function workloadWait(workload: KubeObject | null): string | null {
  if (workload === null || trueCondition(workload, 'Admitted') !== null) return null;
  const evicted = trueCondition(workload, 'Evicted');
  const quota = conditionsOf(workload).find((one) => one.type === 'QuotaReserved' && one.status === 'False');
  const queue = textAt(workload, 'spec', 'queueName');
  const where = queue === null ? '' : ` in queue ${queue}`;
  if (evicted !== null) return `put back${where}: ${said(evicted)}`;
  return quota === undefined ? `waits to be let in${where}` : `waits for quota${where}: ${said(quota)}`;
}

function said({ reason, message }: { readonly reason: string | null; readonly message: string | null }): string {
  return message ?? reason ?? 'no reason given';
}

/** What a framework's own events say about a job that has no pods to ask. */
export interface JobTrouble {
  readonly reason: string;
  readonly message: string;
  /** When it was first seen, RFC 3339. */
  readonly since: string;
}

/** The latest of the job's own events with one of these reasons: quota, admission, a claim … */
export function jobTrouble(events: readonly KubeObject[], reasons: readonly string[]): JobTrouble | null {
  const own = events.filter(
    (event) => textAt(event, 'involvedObject', 'kind') === 'Job' && reasons.includes(textAt(event, 'reason') ?? ''),
  );
  const [latest] = own.toSorted((one, other) => (lastSeen(one) < lastSeen(other) ? 1 : -1));
  if (latest === undefined) return null;
  const reason = textAt(latest, 'reason') ?? '';
  const since = textAt(latest, 'firstTimestamp') ?? lastSeen(latest);
  return { reason, message: `${reason}: ${textAt(latest, 'message') ?? 'no message'}`, since };
}

function lastSeen(event: KubeObject): string {
  return textAt(event, 'lastTimestamp') ?? textAt(event, 'eventTime') ?? event.metadata.creationTimestamp ?? '';
}
