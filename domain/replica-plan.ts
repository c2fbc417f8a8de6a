import type { SourcePin } from './plan.ts';

/** How git may be used by a replica; as the settings of the worker say. */
export interface ReplicaGit {
  readonly allow: readonly string[];
  readonly insecureTls: readonly string[];
  readonly lowSpeed: { readonly bytesPerSecond: number; readonly seconds: number };
}

/** Where the jobs of a site without a shared claim leave their files for each other and for the worker. No secrets. */
export type HandoverPlan =
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** Before every key; `''` = none, else it ends with a slash. */
      readonly prefix: string;
      readonly region: string;
      /** `null` = the one of AWS for the region. */
      readonly endpoint: string | null;
      /** The bucket in the path of the address, and not in its host. */
      readonly pathStyle: boolean;
      /** Secret with the keys of `STORE_KEYS`. */
      readonly secret: string;
    }
  | { readonly kind: 'claim'; readonly claim: string };

/** Keys of an object store's Secret, as files. The last two may be missing. */
export const STORE_KEYS = {
  id: 'access-key-id',
  secret: 'secret-access-key',
  session: 'session-token',
  /** PEM of the authority that signed the store's certificate. */
  authority: 'ca.crt',
} as const;

/** How replicas get their files where they share no claim with the worker. */
export interface ReplicaStorage {
  /** Image with Trainyard's own program. */
  readonly image: string;
  /** Program and first arguments. */
  readonly command: readonly string[];
  /** Secret with the files of `trainyard credential set`; `null` = repositories that anybody may read. */
  readonly credentials: string | null;
  readonly git: ReplicaGit;
  readonly handover: HandoverPlan;
}

/** What the replicas of a job bring before they start. */
export interface ReplicaSources {
  readonly model: SourcePin | null;
  readonly code: SourcePin | null;
  readonly dataset: SourcePin | null;
  /** Files that must be in the code. */
  readonly requiredFiles: readonly string[];
  /** Key of what is in the output folder before the job starts; `null` = nothing. */
  readonly trained: string | null;
}

/** One source as a replica brings it. */
export interface ReplicaFetch {
  readonly what: 'model' | 'code' | 'dataset';
  /** Folder of the volume. */
  readonly into: string;
  readonly pin: SourcePin;
}

/** What Trainyard's program does in a pod: the file `plan.json` there. Small, no secrets. */
export interface ReplicaPlan {
  readonly schema: 1;
  readonly runId: string;
  readonly job: string;
  readonly fetch: readonly ReplicaFetch[];
  /** Files that must be in the folder `code`. */
  readonly requiredFiles: readonly string[];
  /** Key of what is in the folder `output` before the first step; `null` = nothing. */
  readonly trained: string | null;
  /** Folders to be made in the volume, as the user the pods run as. */
  readonly folders: readonly string[];
  readonly git: ReplicaGit;
  readonly handover: HandoverPlan;
  /** Folders of the volume that are handed over when all has ended well. */
  readonly leaves: readonly string[];
}

/** Where a pod of such a site sees what Trainyard's program needs. */
export const REPLICA_PATHS = {
  plan: '/run/trainyard/plan',
  volume: '/run/trainyard/volume',
  credentials: '/run/trainyard/credentials',
  store: '/run/trainyard/store',
  /** In memory: secrets are copied here with the modes that git's side asks for. */
  private: '/run/trainyard/private',
  /** How the main container tells that it has begun, and how it ended. */
  end: '/run/trainyard/end',
} as const;

/** Folders of the volume, each mounted where the training program looks for it. */
export const REPLICA_FOLDERS = {
  code: 'code',
  model: 'model',
  dataset: 'dataset',
  output: 'output',
  package: 'package',
  metrics: 'metrics',
  assets: 'assets',
  end: 'end',
} as const;

export const REPLICA_PLAN_FILE = 'plan.json';

/** Files by which the main container tells the one that hands over how it ends. */
export const END_FILES = {
  /** A pipe the main container holds open as long as it lives. */
  alive: 'alive',
  started: 'started',
  /** Its exit code and the rank it had. */
  ended: 'ended',
} as const;

/** Where what a job leaves is found: one key a job, and so one an attempt. */
export function handoverKey(runId: string, job: string): string {
  return `runs/${runId}/${job}`;
}

/** Where what the worker lends to a job is found: beside the runs, whose folders belong to whoever the pods run as. */
export function lentKey(runId: string, job: string): string {
  return `lent/${runId}/${job}`;
}

/** Where a folder given with `--code` is found. */
export function snapshotKey(digest: string): string {
  return `snapshots/${digest}`;
}
