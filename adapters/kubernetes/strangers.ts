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

/** Those that are neither the stranger nor came with it, over any number of steps from owner to owned. */
export function withoutStranger<T extends { readonly object: KubeObject }>(
  found: readonly T[],
  stranger: KubeObject | null,
): readonly T[] {
  const theirs = new Set(found.filter(({ object }) => isOfStranger(object, stranger)));
  // What came in the same second as the stranger is known by its owner alone.
  for (let before = -1; before < theirs.size;) {
    before = theirs.size;
    const uids = new Set([...theirs].map(({ object }) => object.metadata.uid));
    for (const one of found) {
      if (one.object.metadata.ownerReferences?.some(({ uid }) => uids.has(uid)) === true) theirs.add(one);
    }
  }
  return found.filter((one) => !theirs.has(one));
}
