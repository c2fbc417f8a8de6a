import type { ClusterBackend, KubeObject, WatchedKind } from '../../domain/cluster-job.ts';
import { KUBE_ANNOTATIONS, KUBE_LABELS } from '../../domain/cluster-job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import { KubeFailure, isGone } from './failure.ts';
import type { KeptJob } from './kept-jobs.ts';
import { listShown } from './list.ts';
import type { KindRef } from './paths.ts';
import { objectPath } from './paths.ts';
import { strangerOf, withoutStranger } from './strangers.ts';

/** Whose objects are looked for, and where. */
export interface Removal {
  readonly api: KubeApi;
  readonly namespace: string;
}

const SERVICES: KindRef = { group: '', version: 'v1', resource: 'services' };
const CLAIMS: KindRef = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
const RUNTIMES: KindRef = { group: 'trainer.kubeflow.org', version: 'v1alpha1', resource: 'trainingruntimes' };
const JOB_SETS: KindRef = { group: 'jobset.x-k8s.io', version: 'v1alpha2', resource: 'jobsets' };
const JOBS: KindRef = { group: 'batch', version: 'v1', resource: 'jobs' };
const SAMPLE_SETS: KindRef = { group: 'batch.paddlepaddle.org', version: 'v1alpha1', resource: 'samplesets' };
export const PODS: KindRef = { group: '', version: 'v1', resource: 'pods' };

/** What only jobs of one backend are made of. */
const PARTS: Readonly<Partial<Record<ClusterBackendKind, readonly KindRef[]>>> = {
  trainjob: [RUNTIMES, JOB_SETS, JOBS],
  paddlejob: [SAMPLE_SETS],
};

/**
 * What goes with a job, or, like a runtime, after it: until then Trainer's webhook refuses every change of the TrainJob.
 * What has lost its job is left behind.
 */
const AFTER_JOB: readonly KindRef[] = [PODS, RUNTIMES, JOB_SETS];

/** Deletes what makes up a job, its pods with it. What is kept for later jobs stays. Does not wait. */
export async function deleteObjects(removal: Removal, kept: KeptJob, backend: ClusterBackend): Promise<void> {
  await deleteFound(removal, await objectsOf(removal, kept, backend), backend);
}

export async function deleteFound(removal: Removal, found: readonly Found[], backend: ClusterBackend): Promise<void> {
  const jobIsThere = found.some(({ kind }) => kind === backend.watched[0]);
  for (const { kind, object } of found) {
    const goesLater = jobIsThere && AFTER_JOB.includes(kind);
    // Jobs of a JobSet go with it, always.
    const isAsked = object.metadata.deletionTimestamp !== undefined || kind === JOBS;
    if (!goesLater && !isAsked) await deleteOne(removal, kind, object);
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

/** What carries the job's label and is of its run, besides what outlives jobs. */
export async function objectsOf(removal: Removal, kept: KeptJob, backend: ClusterBackend): Promise<readonly Found[]> {
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
  const ours = all.filter(({ object }) => (object.metadata.annotations?.[KUBE_ANNOTATIONS.runId] ?? runId) === runId);
  return withoutStranger(ours, stranger);
}

/** The kinds that make up the jobs of a backend, besides their pods. */
export function labelledKinds({ kind, watched }: ClusterBackend): readonly KindRef[] {
  const own = watched.filter((one: WatchedKind) => one.as === 'job' || (one.as === 'podGroup' && one.link === 'label'));
  return [...own, SERVICES, CLAIMS, ...(PARTS[kind] ?? [])];
}
