import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject, WatchedKind } from '../../domain/cluster-job.ts';
import { KUBE_LABELS } from '../../domain/cluster-job.ts';
import type { KubeApi, Query } from './api.ts';
import { isPassing } from './failure.ts';
import type { KubeFailure } from './failure.ts';
import { jobsOf, referenceIn } from './links.ts';
import { collectionPath, kindKey } from './paths.ts';
import { reflect } from './reflector.ts';
import type { Reflector } from './reflector.ts';

/** What is known of one job's objects from the watches. */
export interface SeenObjects {
  of(kind: WatchedKind): readonly KubeObject[];
  /** Pods that are gone, as last seen. */
  readonly gonePods: readonly KubeObject[];
}

/** One list and one watch a kind for all jobs of a namespace. */
export interface ClusterView {
  /**
   * Begins to watch these, those not watched yet; resolves when each has been listed once or cannot be, and when that
   * takes too long: what is not listed yet has to be asked for.
   */
  follow(kinds: readonly WatchedKind[]): Promise<void>;
  /** Whether what `seen` answers about this kind is all there is. */
  follows(kind: WatchedKind): boolean;
  seen(job: string): SeenObjects;
  /** All objects of a kind with their jobs. */
  all(kind: WatchedKind): readonly KubeObject[];
  /** Drops what is remembered of a job beyond what is there. */
  forget(job: string): void;
  /** Why kinds are not seen, by kind. */
  readonly troubles: ReadonlyMap<string, KubeFailure>;
  /** When the cluster last did not answer, milliseconds; 0 = it always did. */
  troubledAt(): number;
  stop(): Promise<void>;
}

/** Who is told of what happens. */
export interface ViewEvents {
  /** Something of this job is another now. */
  changed(job: string): void;
  podGone(uid: string): void;
}

/** How long the first list may take before the work begins without it. */
const FIRST_LIST_MS = 15_000;

/** A copy of the objects that jobs consist of. */
export function createClusterView(api: KubeApi, namespace: string, events: ViewEvents): ClusterView {
  const collections = new Map<string, Collection>();
  const reflectors = new Map<string, Reflector>();
  const troubles = new Map<string, KubeFailure>();
  const gonePods = new Map<string, Map<string, KubeObject>>();
  let troubledAt = 0;

  function begin(kind: WatchedKind): void {
    const key = kindKey(kind);
    collections.get(key)?.alsoAs(kind);
    if (reflectors.has(key)) return;
    const collection = new Collection(kind);
    collections.set(key, collection);
    const tell = (object: KubeObject): void => {
      for (const job of collection.jobs(object)) events.changed(job);
    };
    const reflector = reflect(api, collectionPath(kind, namespace), queryOf(kind), {
      replace(objects) {
        const missed = collection.replace(objects);
        for (const object of missed) remember(kind, collection, object);
        for (const object of [...missed, ...objects]) tell(object);
      },
      set(object) {
        collection.set(object);
        tell(object);
      },
      gone(object) {
        collection.remove(object);
        remember(kind, collection, object);
        tell(object);
      },
      trouble(failure) {
        if (failure === null) troubles.delete(key);
        else troubles.set(key, failure);
        if (failure !== null && isPassing(failure)) troubledAt = Date.now();
      },
    });
    reflectors.set(key, reflector);
  }

  function remember(kind: WatchedKind, collection: Collection, pod: KubeObject): void {
    if (kind.as !== 'pods') return;
    events.podGone(uidOf(pod));
    for (const job of collection.jobs(pod)) {
      const gone = gonePods.get(job) ?? new Map<string, KubeObject>();
      gonePods.set(job, gone.set(uidOf(pod), pod));
    }
  }

  return {
    troubles,
    troubledAt: () => troubledAt,
    async follow(kinds) {
      for (const kind of kinds) begin(kind);
      const waits = kinds.map((kind) => reflectors.get(kindKey(kind))?.ready).filter((one) => one !== undefined);
      await Promise.race([Promise.all(waits), sleep(FIRST_LIST_MS, undefined, { ref: false })]);
    },
    follows: (kind) => reflectors.get(kindKey(kind))?.isReady === true,
    seen: (job) => ({
      of(kind) {
        const collection = collections.get(kindKey(kind));
        if (collection === undefined) return [];
        return kind.link === 'reference' ? referred(job, kind, collection) : collection.ofJob(job);
      },
      gonePods: [...(gonePods.get(job)?.values() ?? [])],
    }),
    all: (kind) => collections.get(kindKey(kind))?.all() ?? [],
    forget(job) {
      gonePods.delete(job);
    },
    async stop() {
      await Promise.all([...reflectors.values()].map((reflector) => reflector.stop()));
    },
  };

  /** What the job itself names: found through every object that is called like the job. */
  function referred(job: string, kind: WatchedKind, collection: Collection): readonly KubeObject[] {
    const named = [...collections.values()]
      .filter((one) => one.kind.as === 'job')
      .flatMap((one) => one.ofJob(job))
      .map((object) => referenceIn(object, kind));
    return collection.all().filter((object) => named.includes(object.metadata.name));
  }
}

/** Pods without our label are nobody's business; other kinds are made by frameworks, without labels of ours. */
function queryOf(kind: WatchedKind): Query {
  return kind.as === 'pods' ? { labelSelector: KUBE_LABELS.job } : {};
}

const uidOf = (object: KubeObject): string => object.metadata.uid ?? object.metadata.name;

/** The objects of one kind, by uid and by job. */
class Collection {
  readonly kind: WatchedKind;
  /** How backends know their own of this kind: Volcano's PodGroups by their owner, those of plain Jobs by our label. */
  readonly #kinds: WatchedKind[];
  #objects = new Map<string, KubeObject>();
  #byJob = new Map<string, Set<string>>();

  constructor(kind: WatchedKind) {
    this.kind = kind;
    this.#kinds = [kind];
  }

  /** Another backend watches the same kind. */
  alsoAs(kind: WatchedKind): void {
    if (this.#kinds.some((one) => one.link === kind.link)) return;
    this.#kinds.push(kind);
    for (const object of this.all()) this.set(object);
  }

  jobs(object: KubeObject): readonly string[] {
    return [...new Set(this.#kinds.flatMap((kind) => jobsOf(kind, object)))];
  }

  set(object: KubeObject): void {
    const uid = uidOf(object);
    this.#objects.set(uid, object);
    for (const job of this.jobs(object)) {
      const uids = this.#byJob.get(job) ?? new Set<string>();
      this.#byJob.set(job, uids.add(uid));
    }
  }

  remove(object: KubeObject): void {
    const uid = uidOf(object);
    this.#objects.delete(uid);
    for (const job of this.jobs(object)) {
      const uids = this.#byJob.get(job);
      uids?.delete(uid);
      if (uids?.size === 0) this.#byJob.delete(job);
    }
  }

  /** Takes over a whole list; answers what was there before and is no more. */
  replace(objects: readonly KubeObject[]): readonly KubeObject[] {
    const now = new Set(objects.map(uidOf));
    const missed = [...this.#objects.values()].filter((object) => !now.has(uidOf(object)));
    for (const object of missed) this.remove(object);
    for (const object of objects) this.set(object);
    return missed;
  }

  all(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  ofJob(job: string): readonly KubeObject[] {
    const found = [...(this.#byJob.get(job) ?? [])].map((uid) => this.#objects.get(uid));
    return found.filter((object) => object !== undefined);
  }
}
