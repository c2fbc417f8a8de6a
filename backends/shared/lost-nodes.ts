import { GRACES } from '../../domain/cluster-job.ts';
import type { ObservedJob } from '../../domain/cluster-job.ts';
import { disruption } from './failure-disruption.ts';
import type { FrameworkView } from './job-status.ts';
import { hasEnded } from './pod-facts.ts';
import type { PodFacts } from './pod-facts.ts';

/**
 * Why a job whose pod lies on a lost node should be ended: nobody is there to say that the pod has, so that frameworks
 * wait for it for ever. `null` = no pod is beyond reach.
 */
export function beyondReach(seen: ObservedJob, pods: readonly PodFacts[]): string | null {
  const lost = pods.find((pod) => isOverdue(pod, seen) && disruption(pod) !== null);
  return lost === undefined ? null : (disruption(lost)?.message ?? null);
}

/** A job that Trainyard ended and that only waits for pods on lost nodes is as good as gone. */
export function withoutLostNodes(seen: ObservedJob, view: FrameworkView): FrameworkView {
  const deleted = seen.endedBy !== null && seen.job?.metadata.deletionTimestamp !== undefined;
  const waiting = view.pods.filter((pod) => !hasEnded(pod));
  if (!deleted || waiting.length === 0 || !waiting.every((pod) => isOverdue(pod, seen))) return view;
  return { ...view, state: 'gone' };
}

/** The time of deletion is the one by which a pod is to be gone, its grace included. */
function isOverdue(pod: PodFacts, { now, graces = GRACES }: ObservedJob): boolean {
  if (pod.deletedAt === null || pod.node === null || hasEnded(pod)) return false;
  return Date.parse(now) - Date.parse(pod.deletedAt) > graces.lostNode;
}
