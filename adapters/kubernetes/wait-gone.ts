import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterBackend, KubeObject } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { KeptJob } from './kept-jobs.ts';
import { deleteFound, objectsOf, PODS } from './remove.ts';
import type { Found, Removal } from './remove.ts';

/** How long Trainer may take to see that a TrainJob is gone. Until then it makes what comes of it, which then goes too. */
const UNSEEN_MS = 500;

/**
 * Waits until nothing of the job is there. Throws `TY_CLUSTER_LEFTOVERS` with their names after `seconds`.
 * `tick` is called with each look, so that whoever waits can note how pods end.
 */
export async function waitGone(
  removal: Removal,
  kept: KeptJob,
  backend: ClusterBackend,
  seconds: number,
  tick: () => Promise<void>,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  // All others are there until what they own is gone.
  const looks = backend.kind === 'trainjob' ? 2 : 1;
  let empty = 0;
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 1000)) {
    const left = await objectsOf(removal, kept, backend);
    await tick();
    empty = left.length === 0 ? empty + 1 : 0;
    if (empty === looks) return;
    // What had to wait for the job to go, and was not made to go with it: whoever made it died before that.
    const parts = left.filter(({ kind }) => kind !== PODS);
    await deleteFound(removal, parts, backend);
    if (performance.now() > end) throw leftovers(removal, kept, left);
    await sleep(empty > 0 ? UNSEEN_MS : pause);
  }
}

function leftovers({ namespace }: Removal, { place }: KeptJob, left: readonly Found[]): TrainyardError {
  const names = left.map(({ object }) => `${object.kind} ${object.metadata.name}`).join(', ');
  return new TrainyardError('TY_CLUSTER_LEFTOVERS', `of job ${place.name} are left: ${names}`, {
    where: `namespace ${namespace}`,
    why: left.map(({ object }) => whyStuck(object)).find((why) => why !== null) ?? 'they were deleted and stay',
  });
}

function whyStuck({ kind, metadata }: KubeObject): string | null {
  const finalizers = metadata['finalizers'];
  if (!Array.isArray(finalizers) || finalizers.length === 0) return null;
  return `${kind} ${metadata.name} waits for its finalizers ${finalizers.join(', ')}: does their controller run?`;
}
