import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterBackend, KubeObject, SuspendStep } from '../../domain/cluster-job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { notSuspendable, suspendRefusal } from '../../domain/suspend.ts';
import type { SuspendWish } from '../../domain/suspend.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import type { KubeApi } from './api.ts';
import { WRITE } from './create.ts';
import { isGone, KubeFailure } from './failure.ts';
import type { KeptJob, KeptJobs } from './kept-jobs.ts';
import { isFinal } from './maker.ts';
import type { JobMaker } from './maker.ts';
import { collectionPath, kindOf, objectPath } from './paths.ts';
import { refusalOf } from './refusal.ts';

interface Suspending {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly jobs: KeptJobs;
  readonly maker: JobMaker;
}

/** How long a job's controller gets to hear what it was asked, milliseconds. */
const HEARD_MS = 60_000;
const ASK_AGAIN_MS = 30_000;
const LOOK_MS = 250;

/**
 * Suspends or resumes a job. The mark goes first and comes off last: between the two an end that was only asked for is
 * not taken for a failure, and no deadline is judged. Whoever does the same again finds it done.
 */
export async function suspendJob(deps: Suspending, name: string, wish: SuspendWish): Promise<void> {
  const found = deps.jobs.read(name);
  if (found === null) throw notSuspendable(name, 'there is no such job');
  const backend = deps.backends[found.plan.kind];
  if (backend.suspend === undefined) throw suspendRefusal(backend.kind);
  const kept = inHand(deps, name);
  if (!wish.suspended) return await resume(deps, backend, kept);
  const { suspended: before } = kept.state;
  deps.jobs.update(kept.place, (one) => ({ ...one, suspended: one.suspended ?? { by: wish.by } }));
  crashPoint('job.suspending');
  try {
    await bring(deps, backend, name, true);
  } catch (error) {
    // Nothing comes of it: the deadlines count on.
    if (isFinal(error)) deps.jobs.update(kept.place, (one) => ({ ...one, suspended: before }));
    throw error;
  }
}

async function resume(deps: Suspending, backend: ClusterBackend, { place }: KeptJob): Promise<void> {
  await bring(deps, backend, place.name, false);
  crashPoint('job.resumed');
  deps.jobs.update(place, (one) => (one.suspended === null ? one : { ...one, suspended: null, since: {} }));
}

/** A job that goes on. Throws `TY_RUN_NOT_SUSPENDABLE`. */
function inHand({ jobs }: Suspending, name: string): KeptJob {
  const kept = jobs.read(name);
  if (kept === null) throw notSuspendable(name, 'there is no such job');
  if (kept.state.final !== null || kept.state.endedBy !== null)
    throw notSuspendable(name, 'it has ended, or is being ended');
  return kept;
}

async function bring(deps: Suspending, backend: ClusterBackend, name: string, suspended: boolean): Promise<void> {
  // What is being made this moment is there to be suspended then; what still waits to be made waits on.
  await deps.maker.settled(name);
  const end = performance.now() + HEARD_MS;
  for (let asked = -Infinity; ;) {
    const kept = inHand(deps, name);
    if (kept.state.uid === null) return;
    const job = await liveJob(deps, backend, kept);
    const step = backend.suspend?.(job, suspended) ?? { kind: 'done' };
    if (step.kind === 'refused') throw notSuspendable(name, step.why);
    if (step.kind === 'done') return;
    if (step.kind === 'patch') return await patch(deps, backend, job, step);
    if (performance.now() > end) {
      throw refusalOf(new KubeFailure(null, 'NoAnswer', 'its controller does not act on what it is asked'), job);
    }
    if (performance.now() - asked > ASK_AGAIN_MS) {
      await ask(deps, step.object);
      asked = performance.now();
    }
    await sleep(LOOK_MS);
  }
}

async function liveJob(
  { api, namespace }: Suspending,
  backend: ClusterBackend,
  { place, state }: KeptJob,
): Promise<KubeObject> {
  const [kind] = backend.watched;
  if (kind === undefined) throw new Error(`${backend.kind} watches nothing`);
  const found = await api.send('GET', objectPath(kind, namespace, place.name)).catch((error: unknown) => {
    if (isGone(error)) return null;
    throw refusalOf(error, {
      apiVersion: `${kind.group}/${kind.version}`,
      kind: 'Job',
      metadata: { name: place.name },
    });
  });
  const job = found as KubeObject | null;
  if (job === null || job.metadata.uid !== state.uid || job.metadata.deletionTimestamp !== undefined) {
    throw notSuspendable(place.name, 'its object is not there any more');
  }
  return job;
}

async function patch(
  { api, namespace }: Suspending,
  { watched: [kind] }: ClusterBackend,
  job: KubeObject,
  { body }: Extract<SuspendStep, { readonly kind: 'patch' }>,
): Promise<void> {
  if (kind === undefined) return;
  const { uid } = job.metadata;
  await api
    .send('PATCH', objectPath(kind, namespace, job.metadata.name), {
      query: WRITE,
      contentType: 'application/merge-patch+json',
      // The uid: never another one's of the same name.
      body: { ...body, metadata: { uid } },
    })
    .catch((error: unknown) => {
      throw refusalOf(error, job);
    });
}

/** One of the same name is on its way already. */
async function ask({ api, namespace }: Suspending, object: KubeObject): Promise<void> {
  await api
    .send('POST', collectionPath(kindOf(object), namespace), { query: WRITE, body: object })
    .catch((error: unknown) => {
      if (error instanceof KubeFailure && error.reason === 'AlreadyExists') return;
      throw refusalOf(error, object);
    });
}
