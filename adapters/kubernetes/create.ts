import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterBackend, ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import { KUBE_ANNOTATIONS, KUBE_LABELS } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest } from '../../domain/job.ts';
import type { KubeApi } from './api.ts';
import { KubeFailure } from './failure.ts';
import { nameTaken } from './kept-jobs.ts';
import { collectionPath, kindOf, objectPath } from './paths.ts';
import { refusalOf } from './refusal.ts';

/** A job whose objects are there, or what it still waits for. */
export type Created = { readonly uid: string; readonly adopted: boolean } | { readonly waiting: string };

interface Creation {
  readonly api: KubeApi;
  readonly site: ClusterSite;
  readonly backend: ClusterBackend;
  readonly request: JobRequest;
  readonly objects: readonly KubeObject[];
}

/** How long a webhook may lag behind, milliseconds. */
const UNSEEN_MS = 10_000;

/** Field owner and strictness of every write: a field that the cluster does not know is an error, never dropped. */
export const WRITE = { fieldManager: 'trainyard', fieldValidation: 'Strict' } as const;

/**
 * Creates a job's objects in their order, or adopts those that an earlier try made. Throws `TrainyardError`s for what
 * will not get better; what passes with time (quota, a prerequisite) is answered as `waiting`.
 */
export async function createObjects(creation: Creation): Promise<Created> {
  const { backend, request, objects } = creation;
  const made: KubeObject[] = [];
  let job: { object: KubeObject; adopted: boolean } | null = null;
  try {
    for (const object of objects) {
      if (isJob(backend, request, object)) {
        job = await createOnceSeen(creation, object, made.length > 0);
        continue;
      }
      const { object: live } = await createOne(creation, object);
      const state = backend.prerequisite?.(live);
      if (state?.kind === 'failed') throw refusalOf(new KubeFailure(422, 'Prerequisite', state.message), object);
      if (state?.kind === 'waiting') return { waiting: state.message };
      made.push(live);
    }
  } catch (error) {
    if (error instanceof KubeFailure && error.reason === 'QuotaExceeded') return { waiting: error.message };
    throw error;
  }
  const uid = job?.object.metadata.uid;
  if (job === null || uid === undefined) throw new Error(`${backend.kind} rendered no job named ${request.name}`);
  for (const object of made) await adoptInto(creation, object, job.object);
  return { uid, adopted: job.adopted };
}

/** The object that is the job, of those that make it up. */
export function isJob(backend: ClusterBackend, request: JobRequest, object: KubeObject): boolean {
  const [kind] = backend.watched;
  const own = kindOf(object);
  return kind?.resource === own.resource && kind.group === own.group && object.metadata.name === request.name;
}

/**
 * Creates the job; a webhook that has not seen yet what was made just before it refuses at first. Trainer's reads its
 * runtimes from a cache.
 */
async function createOnceSeen(creation: Creation, object: KubeObject, builds: boolean) {
  const end = performance.now() + UNSEEN_MS;
  for (;;) {
    try {
      return await createOne(creation, object);
    } catch (error) {
      const unseen = error instanceof TrainyardError && /denied the request.*not found/.test(error.details.why ?? '');
      if (!builds || !unseen || performance.now() > end) throw error;
      await sleep(200);
    }
  }
}

async function createOne(
  { api, site, request }: Creation,
  object: KubeObject,
): Promise<{ object: KubeObject; adopted: boolean }> {
  const kind = kindOf(object);
  try {
    const made = await api.send('POST', collectionPath(kind, site.namespace), { query: WRITE, body: object });
    return { object: made as KubeObject, adopted: false };
  } catch (error) {
    if (!(error instanceof KubeFailure) || error.reason !== 'AlreadyExists') throw refusalOf(error, object);
  }
  const found = await api
    .send('GET', objectPath(kind, site.namespace, object.metadata.name))
    .catch((error: unknown) => {
      throw refusalOf(error, object);
    });
  const live = found as KubeObject;
  if (isKept(object)) return { object: live, adopted: true };
  requireOurs(request, live);
  return { object: live, adopted: true };
}

/** What outlives jobs is shared by them, so that whoever made it first does not matter. */
function isKept(object: KubeObject): boolean {
  return object.metadata.labels?.[KUBE_LABELS.keep] === 'true';
}

function requireOurs(request: JobRequest, live: KubeObject): void {
  const { labels = {}, annotations = {}, deletionTimestamp } = live.metadata;
  const who = `${live.kind} ${live.metadata.name}`;
  if (annotations[KUBE_ANNOTATIONS.runId] !== request.runId) {
    const holder = annotations[KUBE_ANNOTATIONS.runId];
    throw nameTaken(request, holder === undefined ? `${who} is not Trainyard's` : `${who} is of run ${holder}`);
  }
  if (labels[KUBE_LABELS.attempt] !== String(request.attempt)) {
    throw nameTaken(request, `${who} is of attempt ${labels[KUBE_LABELS.attempt] ?? 'unknown'}`);
  }
  // Its name is free again in a moment.
  if (deletionTimestamp !== undefined) throw new KubeFailure(409, 'Conflict', `${who} is being deleted`);
}

/** Makes an object go with the job. */
async function adoptInto({ api, site }: Creation, object: KubeObject, job: KubeObject): Promise<void> {
  if (isKept(object) || object.metadata.ownerReferences?.some((owner) => owner.uid === job.metadata.uid)) return;
  const owner = { apiVersion: job.apiVersion, kind: job.kind, name: job.metadata.name, uid: job.metadata.uid };
  await api
    .send('PATCH', objectPath(kindOf(object), site.namespace, object.metadata.name), {
      query: WRITE,
      contentType: 'application/merge-patch+json',
      body: { metadata: { ownerReferences: [owner] } },
    })
    .catch((error: unknown) => {
      throw refusalOf(error, object);
    });
}
