import type { GateView } from './gates/gate.ts';
import type { AttemptRecord } from './attempt.ts';
import type { WarmStart } from './checkpoint.ts';
import type { Plan } from './plan.ts';
import type { Amendment, Lineage } from './rerun.ts';
import type { RunView } from './run-state.ts';

/** What one repository's fetch cost. */
export interface FetchCost {
  readonly source: 'model' | 'code' | 'dataset';
  readonly commit: string;
  /** True when nothing but the ref advertisement moved. */
  readonly reused: boolean;
  readonly lfsObjects: number;
  readonly lfsBytes: number;
}

export interface ArtifactView {
  /** Path inside the pushed tree. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Absolute paths of a run's checked-out sources. */
export interface CheckoutPaths {
  readonly model: string;
  readonly code: string;
  readonly dataset: string | null;
}

/**
 * `run.json`: written by each stage, the source for resume, diff and audit.
 * Never holds a secret.
 */
export interface RunRecord {
  readonly schema: 1;
  readonly runId: string;
  readonly workflowId: string;
  readonly temporalRunId: string;
  /** The spec as given, after parsing. */
  readonly spec: unknown;
  readonly plan: Plan;
  readonly checkouts: CheckoutPaths | null;
  readonly fetched: readonly FetchCost[];
  readonly artifact: ArtifactView | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly commit: string | null;
  readonly service: { readonly name: string; readonly url: string; readonly version: string } | null;
  /** All jobs of the run, oldest first; left out in records of before. */
  readonly attempts?: readonly AttemptRecord[];
  /** What training was begun with; left out, nothing. */
  readonly warmStart?: WarmStart;
  /** Seconds from the server's spawn to its first ready. */
  readonly serviceStartSeconds: number | null;
  /** Every gate that was decided, in the order of the decisions; left out while there is none. */
  readonly gates?: readonly GateView[];
  /** When its outputs were removed, RFC 3339; left out while they are there. */
  readonly outputsRemovedAt?: string;
  /** The run it goes on from; left out where there is none. */
  readonly rerunOf?: Lineage;
  /** What was copied from that run, by folder; digests over names, kinds and contents. */
  readonly takenOver?: Readonly<
    Partial<Record<'output' | 'package', { readonly digest: string; readonly bytes: number }>>
  >;
  /** Changes of the spec while the run waited for a person, oldest first; left out while there is none. */
  readonly amendments?: readonly Amendment[];
  /**
   * The view the run ended with, written by its last step. `null` until then, and for good where a run was terminated:
   * `viewOfRecord` tells what the rest of the record shows.
   */
  readonly view: RunView | null;
}
