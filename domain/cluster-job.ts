import type { JobRequest, JobStatus } from './job.ts';
import type { ClusterBackendKind, ClusterJobOptions, TolerationPlan } from './pod-plan.ts';
import type { ReplicaStorage } from './replica-plan.ts';

/** What every object of Kubernetes says about itself. Times are RFC 3339. */
export interface KubeMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
  readonly [field: string]: unknown;
}

/** An object of Kubernetes as plain JSON: what the API server is sent, or what it answered. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeMetadata;
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly [field: string]: unknown;
}

/** Labels and annotations of everything Trainyard makes. Labels are cut to what a label holds; annotations are exact. */
export const KUBE_LABELS = {
  /** Label: name of the job, the key by which objects and pods are found. */
  job: 'trainyard.dev/job',
  /** Label: the run's id, cut to 63 characters; the exact one is the annotation `runId`. */
  run: 'trainyard.dev/run',
  purpose: 'trainyard.dev/purpose',
  attempt: 'trainyard.dev/attempt',
  /** Label on pods: name of their role. */
  role: 'trainyard.dev/role',
  /** Label: `true` on what outlives the job. */
  keep: 'trainyard.dev/keep',
} as const;

export const KUBE_ANNOTATIONS = {
  runId: 'trainyard.dev/run-id',
  /** On pods of a site without a shared claim: what Trainyard's program does in them, as JSON. */
  replica: 'trainyard.dev/replica',
} as const;

/** One kind the adapter lists and watches for this backend, once a namespace for all jobs. */
export interface WatchedKind {
  /** `''` = core. */
  readonly group: string;
  readonly version: string;
  /** Plural, as in the path. */
  readonly resource: string;
  /** The field of `ObservedJob` it fills. */
  readonly as: 'job' | 'pods' | 'events' | 'podGroup' | 'workload' | 'extra';
  /**
   * How an object is known to be of a job: it is the object named like the job, carries the label `trainyard.dev/job`,
   * is owned by the job (by uid, over any number of steps), is an event about one of these, or is named in the job.
   */
  readonly link: 'name' | 'label' | 'owner' | 'involved' | 'reference';
  /** With `reference`: where in the job the name stands. */
  readonly path?: readonly string[];
  /** Absent from many clusters, or not readable: its lack is no fault. */
  readonly optional: boolean;
}

/** Resource names of an accelerator profile. A `null` name = this profile cannot express it. */
export interface AcceleratorProfile {
  readonly count: string;
  /** Share of each device, percent. */
  readonly cores: string | null;
  /** Memory of each device, MiB. */
  readonly memory: string | null;
}

/** What an operator gives all pods of a site: the way to its nodes, and words for what else runs on the cluster. */
export interface SitePods {
  readonly annotations: Readonly<Record<string, string>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly TolerationPlan[];
}

/** What is known of a site before anything is rendered. Facts of the operator's settings and of discovery; no secrets. */
export interface ClusterSite {
  readonly namespace: string;
  readonly workspace: {
    /** RWX claim that the worker and the pods share; `null` = none, and replicas bring their files by `replicas`. */
    readonly claim: string | null;
    /** Where the worker sees it; directories of a `JobRequest` lie below. */
    readonly root: string;
    /** The folder of the claim that is `root`; `''` = the claim's own top. */
    readonly subPath: string;
    /** Only without a claim. */
    readonly replicas?: ReplicaStorage | null;
  };
  /** User and groups of the processes; files in the workspace belong to them. */
  readonly runAs: { readonly user: number; readonly group: number };
  /** The operator's own profiles, and other names for the known ones. */
  readonly profiles: Readonly<Record<string, AcceleratorProfile>>;
  /** What the operator gives every pod; a job's own comes on top. Left out, nothing. */
  readonly pods?: SitePods;
  /** Service accounts users may name. */
  readonly serviceAccounts: readonly string[];
  /** Whether the operator lets pods see folders of the node. */
  readonly hostPathAllowed: boolean;
  /** What discovery found. `null` = not installed. */
  readonly dialects: {
    readonly trainer: 'podTemplateOverrides' | 'runtimePatches' | null;
    readonly kueue: 'v1beta1' | 'v1beta2' | null;
    /** API of the PodGroups a plain Job can use. */
    readonly podGroups: 'volcano' | 'coscheduling' | null;
  };
}

/** A job as it was handed in; kept with the job, so that a status can be told from it and the cluster alone. */
export interface SubmittedClusterJob<Options> {
  readonly submittedAt: string;
  readonly request: JobRequest;
  readonly options: ClusterJobOptions<Options>;
}

/** How long what keeps a job from its end may yet mend itself, milliseconds. */
export interface Graces {
  /** Registries come back, and people push what is missing. */
  readonly imagePull: number;
  /** People create the ConfigMap or Secret that is missing. */
  readonly configMissing: number;
  /** A node that is there removes a pod in time; one that has not by so much later is lost. */
  readonly lostNode: number;
}

export const GRACES: Graces = { imagePull: 300_000, configMissing: 120_000, lostNode: 30_000 };

/** The live objects of one job, raw as the API server gives them. */
export interface ObservedJob {
  /** RFC 3339; graces are counted up to here. */
  readonly now: string;
  /** `null` = not (or no longer) there. Twice read live and absent, it is lost. */
  readonly job: KubeObject | null;
  /** Those that are there, and, as last seen, those that are gone: what they died of is read from them. */
  readonly pods: readonly KubeObject[];
  /** About the job, its pods and what lies between. */
  readonly events: readonly KubeObject[];
  readonly podGroup: KubeObject | null;
  /** Kueue's record of the job. */
  readonly workload: KubeObject | null;
  /** What else the backend watches: JobSet, SampleSet … */
  readonly extra: readonly KubeObject[];
  /** Last lines of a rank's log by `<role>-<rank>`, control characters removed. */
  readonly lastLines: Readonly<Record<string, readonly string[]>>;
  /** Left out, `GRACES`. */
  readonly graces?: Graces;
  /** Trainyard itself has suspended the job; left out, it has not. */
  readonly suspended?: boolean;
  /** What Trainyard itself did to end the job. */
  readonly endedBy: {
    readonly why: 'cancel' | 'deadline' | 'silent' | 'peer' | 'done';
    readonly reason: string;
  } | null;
}

/** A status and what the adapter should do about it. */
export interface ClusterJobStatus extends JobStatus {
  /**
   * Why Trainyard should end what still runs (a rank has died, or the main role is done) though the framework goes on.
   * `null` = leave it alone.
   */
  readonly endNow: string | null;
  /** Left out, the framework gets some time to do so itself. */
  readonly endAtOnce?: boolean;
  /** The newest pod of each rank, and the containers whose output is the rank's, in the order they run. */
  readonly pods: readonly RankPod[];
}

export interface RankPod {
  readonly name: string;
  readonly role: string;
  readonly rank: number;
  readonly containers: readonly string[];
  /** Left out until it is on one. */
  readonly node?: string;
}

/** What is to be done next so that a job is suspended, or goes on again. */
export type SuspendStep =
  | { readonly kind: 'done' }
  /** A merge patch of the job; with it, it is done. */
  | { readonly kind: 'patch'; readonly body: Readonly<Record<string, unknown>> }
  /** An object that asks the job's controller; the job says whether it was heard. */
  | { readonly kind: 'ask'; readonly object: KubeObject }
  | { readonly kind: 'refused'; readonly why: string };

/** Whether an object that a job builds on lets it be created. `message` = what is waited for, or what is wrong. */
export interface Prerequisite {
  readonly kind: 'waiting' | 'ready' | 'failed';
  readonly message: string;
}

/** The pure half of a backend whose jobs run on a cluster; its adapter is given it by the composition root. */
export interface ClusterBackend<Options = unknown> {
  readonly kind: ClusterBackendKind;
  /** The first is the job's own kind. */
  readonly watched: readonly WatchedKind[];
  /**
   * Objects in the order in which they are created; the one named like the job and of the first watched kind is the job.
   * The adapter makes the others owned by it, unless labelled `trainyard.dev/keep`.
   * @throws TrainyardError `TY_BACKEND_*` where the backend or the site cannot run such a job
   */
  render(request: JobRequest, site: ClusterSite, options: ClusterJobOptions<Options>): readonly KubeObject[];
  status(job: SubmittedClusterJob<Options>, seen: ObservedJob): ClusterJobStatus;
  /** Asked of each object before the job, live, until all are ready. Left out, all are as soon as they are there. */
  prerequisite?(object: KubeObject): Prerequisite;
  /** Left out, jobs of the backend cannot be suspended. */
  suspend?(job: KubeObject, suspended: boolean): SuspendStep;
}
