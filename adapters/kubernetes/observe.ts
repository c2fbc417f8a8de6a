import type { ClusterBackend, KubeObject, ObservedJob, WatchedKind } from '../../domain/cluster-job.ts';
import { KUBE_LABELS } from '../../domain/cluster-job.ts';
import { textAt } from '../../domain/json.ts';
import type { KubeApi } from './api.ts';
import { isGone } from './failure.ts';
import type { KeptJob } from './kept-jobs.ts';
import { jobsOf, referenceIn } from './links.ts';
import { listAll } from './list.ts';
import { objectPath } from './paths.ts';
import { isOfStranger, strangerOf } from './strangers.ts';
import { withoutBygone } from './suspended.ts';
import type { ClusterView } from './view.ts';

interface Sight {
  readonly api: KubeApi;
  readonly namespace: string;
  /** `null` = nothing is watched: everything is asked for. */
  readonly view: ClusterView | null;
  /** Asks for the job and its pods, whatever the watch has. */
  readonly live: boolean;
}

/** The objects of a job, with the pods that are gone as they were last seen. */
export async function observe(sight: Sight, backend: ClusterBackend, kept: KeptJob): Promise<ObservedJob> {
  const name = kept.place.name;
  const [jobKind, ...others] = backend.watched;
  if (jobKind === undefined) throw new Error(`${backend.kind} watches nothing`);
  const job = await jobObject(sight, jobKind, name);
  const found = await Promise.all(others.map(async (kind) => [kind, await objects(sight, kind, name, job)] as const));
  const as = (what: WatchedKind['as']): readonly KubeObject[] =>
    found.filter(([kind]) => kind.as === what).flatMap(([, list]) => list);
  const gone = sight.view?.seen(name).gonePods ?? [];
  // Another object of the same name is not our job.
  const stranger = strangerOf(kept.state.uid, job);
  const pods = newest(kept.state.pods.filter(isOver), as('pods'), gone, kept.state.pods);
  return {
    now: new Date().toISOString(),
    job: stranger === null ? job : null,
    pods: withoutBygone(kept, pods).filter((pod) => !isOfStranger(pod, stranger)),
    events: as('events'),
    podGroup: as('podGroup')[0] ?? null,
    workload: as('workload')[0] ?? null,
    extra: as('extra'),
    lastLines: {},
    suspended: kept.state.suspended !== null,
    endedBy: kept.state.endedBy,
  };
}

async function jobObject(sight: Sight, kind: WatchedKind, name: string): Promise<KubeObject | null> {
  if (!sight.live && sight.view?.follows(kind) === true) return sight.view.seen(name).of(kind)[0] ?? null;
  return await get(sight, kind, name);
}

async function get({ api, namespace }: Sight, kind: WatchedKind, name: string): Promise<KubeObject | null> {
  try {
    return (await api.send('GET', objectPath(kind, namespace, name))) as KubeObject;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

async function objects(
  sight: Sight,
  kind: WatchedKind,
  name: string,
  job: KubeObject | null,
): Promise<readonly KubeObject[]> {
  const watched = sight.view?.follows(kind) === true;
  if (watched && !(sight.live && kind.as === 'pods')) return sight.view?.seen(name).of(kind) ?? [];
  try {
    if (kind.link === 'reference') {
      const referred = job === null ? null : referenceIn(job, kind);
      const found = referred === null ? null : await get(sight, kind, referred);
      return found === null ? [] : [found];
    }
    const query = kind.link === 'label' ? { labelSelector: `${KUBE_LABELS.job}=${name}` } : {};
    const all = await listAll(sight, kind, query);
    return all.filter((object) => jobsOf(kind, object).includes(name));
  } catch (error) {
    // Events and queues explain; a job can be judged without them.
    if (kind.optional || kind.as === 'events') return [];
    throw error;
  }
}

/** How a pod ended stands, whatever is done to it later. */
function isOver(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase');
  return (phase === 'Succeeded' || phase === 'Failed') && pod.metadata.deletionTimestamp === undefined;
}

/** One of each pod, from the first list that has it. */
function newest(...lists: readonly (readonly KubeObject[])[]): readonly KubeObject[] {
  const pods = new Map<string, KubeObject>();
  for (const pod of lists.flat()) {
    const uid = pod.metadata.uid ?? pod.metadata.name;
    if (!pods.has(uid)) pods.set(uid, pod);
  }
  return [...pods.values()];
}
