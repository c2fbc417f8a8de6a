import type { GatePlan } from './gates/gate.ts';
import type { JobPlan } from './job.ts';
import type { Inherited } from './rerun.ts';
import type { SlotRules } from './slots.ts';
import type { Stage } from './stage.ts';

/** A repository as a run uses it. The credential is a name, never a value. */
export interface RemoteRef {
  readonly url: string;
  readonly credential: string | null;
}

/** A source pinned by `resolve`. */
export type SourcePin =
  | ({ readonly kind: 'git'; readonly ref: string; readonly commit: string } & RemoteRef)
  | { readonly kind: 'snapshot'; readonly digest: string };

/** Where the result goes. */
export interface OutputPlan extends RemoteRef {
  readonly branch: string;
}

/** What a run waits for before it goes on. */
export interface SlotPlan {
  readonly project: string;
  /** What runs are counted together: what started them, else their name. */
  readonly template: string;
  readonly rules: SlotRules;
}

export interface ServePlan {
  readonly kind: 'local';
  readonly service: string;
  /** Name the inference protocol uses for the model. */
  readonly model: string;
  /** `null` = the service keeps its port, or gets a free one. */
  readonly port: number | null;
  readonly readySeconds: number;
}

export interface LimitsPlan {
  /** Seconds; `null` = no limit. */
  readonly totalSeconds: number | null;
  readonly parkedSeconds: number;
  /** How long a failed run's scratch output is kept, seconds. */
  readonly keepFailedSeconds: number;
}

/**
 * What `resolve` makes of a spec: small JSON, no secrets, everything later stages need.
 * Kept in `run.json`; the workflow sees only `PlanSummary`.
 */
export interface Plan {
  readonly runId: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly project: string;
  readonly recipe: string;
  readonly backend: string;
  readonly site: string;
  readonly taskQueue: string;
  /** Start of the run, RFC 3339: also author and committer date of the output commit. */
  readonly startedAt: string;
  /** First part of every job name: `<name>-<8 base32>`. */
  readonly jobPrefix: string;
  /** `null` = the code comes from elsewhere, and no weights are started from. */
  readonly model: SourcePin | null;
  readonly code: SourcePin | null;
  readonly dataset: SourcePin | null;
  readonly output: OutputPlan | null;
  /** Files that must exist in the code checkout before anything is spent. */
  readonly requiredFiles: readonly string[];
  readonly train: JobPlan;
  readonly package: JobPlan | null;
  readonly serve: ServePlan | null;
  /** Paths in the pushed tree that go to LFS, gitattributes patterns. */
  readonly lfsPatterns: readonly string[];
  readonly author: string;
  readonly limits: LimitsPlan;
  readonly retries: { readonly infrastructure: number; readonly code: number };
  readonly onFailure: 'fail' | 'pause';
  /** Whose turn it is among the runs of its project; left out where any number may go on at once. */
  readonly slot?: SlotPlan;
  /** Left out in records of runs without gates. */
  readonly gates?: readonly GatePlan[];
  /** Who started the run, checked by signature; `null` or left out = nobody knows. */
  readonly requester?: string | null;
  /** What is taken over from another run; left out where nothing is. */
  readonly inherited?: Inherited;
  /** sha256 of the canonical spec. */
  readonly specDigest: string;
}

/** The part of a plan the workflow needs. */
export interface PlanSummary {
  readonly runId: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly project: string;
  readonly backend: string;
  readonly site: string;
  readonly taskQueue: string;
  readonly jobPrefix: string;
  readonly stages: readonly Stage[];
  readonly output: { readonly url: string; readonly branch: string } | null;
  readonly modelRepo: string;
  readonly datasetRepo: string | null;
  readonly limits: LimitsPlan;
  readonly retries: { readonly infrastructure: number; readonly code: number };
  readonly onFailure: 'fail' | 'pause';
  readonly graceSeconds: number;
  readonly slot?: SlotPlan;
  /** Left out without gates. */
  readonly gates?: readonly GatePlan[];
  readonly requester?: string | null;
  /** What is taken over from another run; left out where nothing is. */
  readonly inherited?: Inherited;
}
