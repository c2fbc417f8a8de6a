import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterBackend, KubeObject } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Query } from './api.ts';
import type { KeptJob } from './kept-jobs.ts';
import { listShown } from './list.ts';
import type { KindRef } from './paths.ts';
import { deleteFound, objectsOf, PODS } from './remove.ts';
import type { Removal } from './remove.ts';
import { isOfStranger } from './strangers.ts';

interface Between {
  readonly kind: KindRef;
  readonly query: (job: string) => Query;
}

/** What a framework makes between a job and its pods, each owned by the one before: while it is there, pods may come. */
const BETWEEN: Readonly<Partial<Record<ClusterBackendKind, readonly Between[]>>> = {
  trainjob: [
    {
      kind: { group: 'jobset.x-k8s.io', version: 'v1alpha2', resource: 'jobsets' },
      query: (job) => ({ fieldSelector: `metadata.name=${job}` }),
    },
    {
      kind: { group: 'batch', version: 'v1', resource: 'jobs' },
      query: (job) => ({ labelSelector: `jobset.sigs.k8s.io/jobset-name=${job}` }),
    },
  ],
};

/** How long a framework may take to see that its job is gone. Until then it makes what comes next, which then goes too. */
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
  const looks = backend.kind in BETWEEN ? 2 : 1;
  let empty = 0;
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 1000)) {
    const { found, stranger } = await objectsOf(removal, kept, backend);
    const left = [...found.map(({ object }) => object), ...(await between(removal, kept, backend, stranger))];
    await tick();
    empty = left.length === 0 ? empty + 1 : 0;
    if (empty === looks) return;
    // What had to wait for the job to go, and was not made to go with it: whoever made it died before that.
    await deleteFound(
      removal,
      found.filter(({ kind }) => kind !== PODS),
      backend,
    );
    if (performance.now() > end) throw leftovers(removal, kept, left);
    await sleep(empty > 0 ? UNSEEN_MS : pause);
  }
}

/** What the cluster is about to remove because its owner is gone; what somebody has cut off from its owner stays. */
async function between(
  removal: Removal,
  { place }: KeptJob,
  backend: ClusterBackend,
  stranger: KubeObject | null,
): Promise<readonly KubeObject[]> {
  const kinds = BETWEEN[backend.kind] ?? [];
  const lists = await Promise.all(kinds.map(({ kind, query }) => listShown(removal, kind, query(place.name))));
  const all = lists.flat();
  const owners = ({ metadata }: KubeObject) => metadata.ownerReferences ?? [];
  const cutOff = new Set(all.filter((object) => owners(object).length === 0).map(({ metadata }) => metadata.uid));
  return all.filter((object) => owners(object).some(({ uid }) => !cutOff.has(uid)) && !isOfStranger(object, stranger));
}

function leftovers({ namespace }: Removal, { place }: KeptJob, left: readonly KubeObject[]): TrainyardError {
  const names = left.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ');
  return new TrainyardError('TY_CLUSTER_LEFTOVERS', `of job ${place.name} are left: ${names}`, {
    where: `namespace ${namespace}`,
    why: left.map(whyStuck).find((why) => why !== null) ?? 'they were deleted and stay',
  });
}

function whyStuck({ kind, metadata }: KubeObject): string | null {
  const finalizers = metadata['finalizers'];
  if (!Array.isArray(finalizers) || finalizers.length === 0) return null;
  return `${kind} ${metadata.name} waits for its finalizers ${finalizers.join(', ')}: does their controller run?`;
}
