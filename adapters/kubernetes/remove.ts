import type { ClusterBackend, KubeObject, WatchedKind } from '../../domain/cluster-job.ts';
import { KUBE_ANNOTATIONS, KUBE_LABELS } from '../../domain/cluster-job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import { KubeFailure, isGone } from './failure.ts';
import type { KeptJob } from './kept-jobs.ts';
import { listShown } from './list.ts';
import type { KindRef } from './paths.ts';
import { objectPath } from './paths.ts';
import { isOfStranger, strangerOf } from './strangers.ts';

/** Whose objects are looked for, and where. */
export interface Removal {
  readonly api: KubeApi;
  readonly namespace: string;
}

const SERVICES: KindRef = { group: '', version: 'v1', resource: 'services' };
const CLAIMS: KindRef = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
const RUNTIMES: KindRef = { group: 'trainer.kubeflow.org', version: 'v1alpha1', resource: 'trainingruntimes' };
const SAMPLE_SETS: KindRef = { group: 'batch.paddlepaddle.org', version: 'v1alpha1', resource: 'samplesets' };
export const PODS: KindRef = { group: '', version: 'v1', resource: 'pods' };

/** What only jobs of one backend are made of. */
const OWN: Readonly<Partial<Record<ClusterBackendKind, readonly KindRef[]>>> = {
  trainjob: [RUNTIMES],
  paddlejob: [SAMPLE_SETS],
};

/** Deletes what makes up a job, its pods with it. What is kept for later jobs stays. Does not wait. */
export async function deleteObjects(removal: Removal, kept: KeptJob, backend: ClusterBackend): Promise<void> {
  await deleteFound(removal, (await objectsOf(removal, kept, backend)).found, backend);
}

export async function deleteFound(removal: Removal, found: readonly Found[], backend: ClusterBackend): Promise<void> {
  const jobIsThere = found.some(({ kind }) => kind === backend.watched[0]);
  for (const { kind, object } of found) {
    if (object.metadata.deletionTimestamp !== undefined) continue;
    // Pods go with their job, each with its grace; those that lost theirs are left behind.
    // A runtime goes after its TrainJob: until then Trainer's webhook refuses every change of the TrainJob without it.
    if (!jobIsThere || (kind !== PODS && kind !== RUNTIMES)) await deleteOne(removal, kind, object);
  }
}

async function deleteOne({ api, namespace }: Removal, kind: KindRef, { metadata }: KubeObject): Promise<void> {
  try {
    await api.send('DELETE', objectPath(kind, namespace, metadata.name), {
      // Left out, some kinds would leave their pods behind. The uid: never another one's of the same name.
      body: {
        // In the foreground a TrainJob's runtime would go first, and the TrainJob could never be let go: see above.
        propagationPolicy: kind.group === RUNTIMES.group ? 'Background' : 'Foreground',
        ...(metadata.uid === undefined ? {} : { preconditions: { uid: metadata.uid } }),
      },
    });
  } catch (error) {
    if (isGone(error) || (error instanceof KubeFailure && error.status === 409)) return;
    throw error;
  }
}

export interface Found {
  readonly kind: KindRef;
  readonly object: KubeObject;
}

/** What carries the job's label and is of its run, besides what outlives jobs; and who has taken the job's name. */
export async function objectsOf(
  removal: Removal,
  kept: KeptJob,
  backend: ClusterBackend,
): Promise<{ readonly found: readonly Found[]; readonly stranger: KubeObject | null }> {
  const kinds = [...labelledKinds(backend), PODS];
  const query = { labelSelector: `${KUBE_LABELS.job}=${kept.place.name},!${KUBE_LABELS.keep}` };
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const all = await listShown(removal, kind, query);
      return all.map((object) => ({ kind, object }));
    }),
  );
  const { runId } = kept.place;
  const all = lists.flat();
  const job = all.find(({ kind }) => kind === backend.watched[0])?.object ?? null;
  const stranger = strangerOf(kept.state.uid, job);
  // Pods are made by the framework: their annotations are ours, but older frameworks drop them.
  const found = all.filter(
    ({ object }) =>
      (object.metadata.annotations?.[KUBE_ANNOTATIONS.runId] ?? runId) === runId && !isOfStranger(object, stranger),
  );
  return { found, stranger };
}

/** The kinds that make up the jobs of a backend, besides their pods. */
export function labelledKinds({ kind, watched }: ClusterBackend): readonly KindRef[] {
  const own = watched.filter((one: WatchedKind) => one.as === 'job' || (one.as === 'podGroup' && one.link === 'label'));
  return [...own, SERVICES, CLAIMS, ...(OWN[kind] ?? [])];
}
