import type { ClusterJobStatus, KubeObject } from '../../domain/cluster-job.ts';
import { isTerminal } from '../../domain/job.ts';
import type { KeptJob, KeptJobs, KeptState } from './kept-jobs.ts';

/** What is told of a job that was suspended: who did it is all it waits for, and its pods may go as they like. */
export function asSuspended({ state }: KeptJob, told: ClusterJobStatus): ClusterJobStatus {
  if (state.suspended === null || isTerminal(told.phase)) return told;
  const words = suspendedWords(state.suspended);
  return { ...told, reason: told.phase === 'queued' ? words : `its pods are ending: ${words}`, endNow: null };
}

export function suspendedWords({ by }: NonNullable<KeptState['suspended']>): string {
  return by === null ? 'suspended' : `suspended by ${by}`;
}

/**
 * Notes the pods that go with a suspension. When the job goes on they would otherwise count as its ranks until others
 * have come in their place, which may take as long as the cluster has no room.
 */
export function noteBygone(jobs: KeptJobs, { place, state }: KeptJob, pods: readonly KubeObject[]): void {
  if (state.suspended === null) return;
  const going = pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const uids = going.map(({ metadata }) => metadata.uid).filter((uid) => uid !== undefined);
  const fresh = uids.filter((uid) => !state.bygone.includes(uid));
  if (fresh.length > 0) jobs.update(place, (one) => ({ ...one, bygone: [...new Set([...one.bygone, ...fresh])] }));
}

/** Those of the pods that count as the job's ranks. While it is suspended all do: their last lines are still read. */
export function withoutBygone({ state }: KeptJob, pods: readonly KubeObject[]): readonly KubeObject[] {
  if (state.suspended !== null || state.bygone.length === 0) return pods;
  return pods.filter(({ metadata: { uid } }) => uid === undefined || !state.bygone.includes(uid));
}
