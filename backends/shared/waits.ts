import type { KubeObject } from '../../domain/cluster-job.ts';
import { conditionsOf, textAt, trueCondition } from './json.ts';

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
