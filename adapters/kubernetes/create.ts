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

const MERGE = 'application/merge-patch+json';

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
      const { object: live, own } = await createOne(creation, object);
      const state = backend.prerequisite?.(live);
      if (state?.kind === 'failed') throw refusalOf(new KubeFailure(422, 'Prerequisite', state.message), object);
      if (state?.kind === 'waiting') return { waiting: state.message };
      if (own) made.push(live);
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

/** An object that is there, whether it was before, and whether it goes with the job. */
interface Made {
  readonly object: KubeObject;
  readonly adopted: boolean;
  readonly own: boolean;
}

async function createOne(creation: Creation, object: KubeObject): Promise<Made> {
  const { api, site } = creation;
  try {
    const path = collectionPath(kindOf(object), site.namespace);
    const made = await api.send('POST', path, { query: WRITE, body: object });
    return { object: made as KubeObject, adopted: false, own: !isKept(object) };
  } catch (error) {
    if (!(error instanceof KubeFailure) || error.reason !== 'AlreadyExists') throw refusalOf(error, object);
  }
  return await adopt(creation, object);
}

async function adopt({ api, site, request }: Creation, object: KubeObject): Promise<Made> {
  const refuse = (error: unknown): never => {
    throw refusalOf(error, object);
  };
  const path = objectPath(kindOf(object), site.namespace, object.metadata.name);
  const live = (await api.send('GET', path).catch(refuse)) as KubeObject;
  // Its name is free again in a moment.
  if (live.metadata.deletionTimestamp !== undefined) {
    return refuse(new KubeFailure(409, 'Conflict', `${live.kind} ${live.metadata.name} is being deleted`));
  }
  if (isKept(object) || isForAll(request, live)) return { object: live, adopted: true, own: false };
  if (!isOfEarlier(request, live)) {
    requireOurs(request, live);
    return { object: live, adopted: true, own: true };
  }
  const body = { metadata: { labels: object.metadata.labels, ownerReferences: null } };
  const taken = await api.send('PATCH', path, { query: WRITE, contentType: MERGE, body }).catch(refuse);
  return { object: taken as KubeObject, adopted: true, own: true };
}

/** What outlives jobs is shared by them, so that whoever made it first does not matter. */
function isKept(object: KubeObject): boolean {
  return object.metadata.labels?.[KUBE_LABELS.keep] === 'true';
}

/** What users give its name is not always Trainyard's, nor of one run alone: then it is used, and left as it is. */
function isForAll(request: JobRequest, live: KubeObject): boolean {
  return (
    isNamedByUser(request, live) && (isKept(live) || live.metadata.annotations?.[KUBE_ANNOTATIONS.runId] === undefined)
  );
}

/** Of a failed attempt of the same run, which is still there to be looked at. */
function isOfEarlier(request: JobRequest, live: KubeObject): boolean {
  const { labels = {}, annotations = {} } = live.metadata;
  const ofRun = annotations[KUBE_ANNOTATIONS.runId] === request.runId;
  return isNamedByUser(request, live) && ofRun && Number(labels[KUBE_LABELS.attempt]) < request.attempt;
}

function isNamedByUser(request: JobRequest, { metadata }: KubeObject): boolean {
  return !metadata.name.startsWith(request.name);
}

function requireOurs(request: JobRequest, live: KubeObject): void {
  const { labels = {}, annotations = {} } = live.metadata;
  const who = `${live.kind} ${live.metadata.name}`;
  if (annotations[KUBE_ANNOTATIONS.runId] !== request.runId) {
    const holder = annotations[KUBE_ANNOTATIONS.runId];
    throw nameTaken(request, holder === undefined ? `${who} is not Trainyard's` : `${who} is of run ${holder}`);
  }
  if (labels[KUBE_LABELS.attempt] !== String(request.attempt)) {
    throw nameTaken(request, `${who} is of attempt ${labels[KUBE_LABELS.attempt] ?? 'unknown'}`);
  }
}

/** Makes an object go with the job. */
async function adoptInto({ api, site }: Creation, object: KubeObject, job: KubeObject): Promise<void> {
  if (object.metadata.ownerReferences?.some((owner) => owner.uid === job.metadata.uid)) return;
  const owner = { apiVersion: job.apiVersion, kind: job.kind, name: job.metadata.name, uid: job.metadata.uid };
  await api
    .send('PATCH', objectPath(kindOf(object), site.namespace, object.metadata.name), {
      query: WRITE,
      contentType: MERGE,
      body: { metadata: { ownerReferences: [owner] } },
    })
    .catch((error: unknown) => {
      throw refusalOf(error, object);
    });
}
