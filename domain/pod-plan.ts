export const CLUSTER_BACKENDS = ['kubernetes-job', 'volcano', 'trainjob', 'paddlejob'] as const;

export type ClusterBackendKind = (typeof CLUSTER_BACKENDS)[number];

/** A value of a pod's environment that is kept in a secret. */
export interface SecretRef {
  readonly secret: string;
  readonly key: string;
}

/** Devices of a replica. `null` = not asked for. */
export interface AcceleratorPlan {
  /** `nvidia`, `hami`, `alauda-hami`, `volcano-vgpu`, `ascend910`, or a profile of the site. */
  readonly profile: string;
  readonly count: number | null;
  /** Share of each device, percent. */
  readonly cores: number | null;
  /** Memory of each device, bytes. */
  readonly memoryBytes: number | null;
}

/** Space of a replica's own, at `/scratch`. */
export type ScratchPlan =
  | { readonly kind: 'node'; /** `null` = no bound. */ readonly bytes: number | null }
  | {
      readonly kind: 'generated';
      readonly bytes: number;
      /** `null` = the cluster's default. */
      readonly storageClass: string | null;
      /** Kept: one claim for the whole job that outlives it. Else one a replica, gone with its pod. */
      readonly keep: boolean;
    }
  | { readonly kind: 'claim'; readonly claim: string };

export interface VolumePlan {
  readonly claim: string;
  readonly mountPath: string;
  readonly subPath: string | null;
  readonly readOnly: boolean;
}

/** Where a replica finds its code. */
export type CodeMount =
  | { readonly kind: 'workspace' }
  | { readonly kind: 'configMap'; readonly name: string }
  /** A folder of the node; only where the site allows it. */
  | { readonly kind: 'hostPath'; readonly path: string }
  /** A folder of the image. */
  | { readonly kind: 'image'; readonly path: string };

/** Where a replica finds its dataset. `mounted` = the backend itself brings it, by that name. */
export type DatasetMount =
  | { readonly kind: 'workspace' }
  | { readonly kind: 'claim'; readonly claim: string; readonly subPath: string | null }
  | { readonly kind: 'mounted'; readonly name: string };

export interface TolerationPlan {
  readonly key?: string | undefined;
  readonly operator?: 'Exists' | 'Equal' | undefined;
  readonly value?: string | undefined;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' | undefined;
  readonly tolerationSeconds?: number | undefined;
}

/** What a replica gets as a pod: the allow-list. Nothing else of a pod can be set by a user. */
export interface PodPlan {
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never' | null;
  readonly imagePullSecrets: readonly string[];
  /** `null` = the namespace's default, without its token. */
  readonly serviceAccount: string | null;
  /** Limits of a replica; `null` = as the job's plan. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
  /** Below the limits; `null` = the same as the limit. */
  readonly cpuRequest: number | null;
  readonly memoryRequestBytes: number | null;
  /** Several only where the profiles do not exclude each other. */
  readonly accelerators: readonly AcceleratorPlan[];
  /** Size of /dev/shm; `null` = the container runtime's own. */
  readonly sharedMemoryBytes: number | null;
  readonly scratch: ScratchPlan;
  readonly volumes: readonly VolumePlan[];
  readonly secretEnv: Readonly<Record<string, SecretRef>>;
  readonly code: CodeMount;
  readonly dataset: DatasetMount;
  /** Where the dataset is mounted; `null` = `/dataset`. */
  readonly datasetPath: string | null;
  /** Whether each replica copies model and dataset to its node before it starts; left out, it does not. */
  readonly localCopies?: boolean;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly TolerationPlan[];
  readonly affinity: Readonly<Record<string, unknown>> | null;
}

/** How the end of a role bears on the job; only for jobs of unlike roles. */
export interface RoleTerms {
  /** Its success ends the job well. */
  readonly main: boolean;
  /** `null` = every replica. */
  readonly minSucceeded: number | null;
  /** Replicas that may fail while the job goes on. */
  readonly maxFailed: number;
  /** What differs from the job's pods. */
  readonly pod: Partial<PodPlan>;
}

/** What a job on a cluster needs beyond its `JobRequest`. `Options` = the backend's own, parsed by its `options.ts`. */
export interface ClusterJobOptions<Options> {
  readonly pod: PodPlan;
  /** By role name; a role that is not named must succeed with all its replicas. */
  readonly roles: Readonly<Record<string, RoleTerms>>;
  readonly backend: Options;
}

/** The backend that runs a job on a cluster, and what it needs beyond the job's plan. */
export interface ClusterJobPlan {
  readonly kind: ClusterBackendKind;
  readonly options: ClusterJobOptions<unknown>;
}
