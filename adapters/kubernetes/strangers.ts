import type { KubeObject } from '../../domain/cluster-job.ts';

/**
 * Another object that has a job's name, because somebody deleted ours and made theirs: its uid tells. `null` = there is
 * none.
 */
export function strangerOf(uid: string | null, job: KubeObject | null): KubeObject | null {
  return job === null || uid === null || job.metadata.uid === uid ? null : job;
}

/** Whether an object is the stranger or came with it: what it carries may be copied from ours, labels and all. */
export function isOfStranger({ metadata }: KubeObject, stranger: KubeObject | null): boolean {
  if (stranger === null) return false;
  const { uid, creationTimestamp } = stranger.metadata;
  if (metadata.uid === uid || metadata.ownerReferences?.some((owner) => owner.uid === uid) === true) return true;
  // Of what lies between a framework's job and its pods, only the time tells.
  return (metadata.creationTimestamp ?? '') > (creationTimestamp ?? '');
}
