import { STAGES, type Stage } from './stage.ts';

/** Stages a rerun can start from: what is before them is taken over. */
export type RerunStage = Exclude<Stage, 'resolve'>;

export const RERUN_STAGES: readonly RerunStage[] = STAGES.filter((stage) => stage !== 'resolve');

/** Second argument of the workflow. Any client may send it: it is checked by the first activity. */
export interface RunOptions {
  readonly rerun?: RerunRequest;
}

/**
 * A new run that takes over what another one has done. The workflow's first argument is then the whole spec, or `null`
 * for that of the other run.
 */
export interface RerunRequest {
  /** Id of the run whose stages are taken over. */
  readonly of: string;
  readonly from: RerunStage;
  /** `path=value`, put into the spec. */
  readonly set?: readonly string[];
  /** Name of that run's site; left out, this machine. */
  readonly site?: string;
}

/** Where a run comes from. */
export interface Lineage {
  readonly runId: string;
  readonly from: RerunStage;
}

/** What a rerun takes over. */
export interface Inherited extends Lineage {
  /** Stages that are not run again. */
  readonly reused: readonly Stage[];
  /** Output commit, where `push` is one of them. */
  readonly commit: string | null;
  /** What evaluation measured, where `package` is one of them. */
  readonly metrics: Readonly<Record<string, number>> | null;
}

/** One change of a run's spec while it waited for a person. Nobody checks who said so: it names no one. */
export interface Amendment {
  /** Id of the update: the same change is made once. */
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  /** Stage the run waited in. */
  readonly stage: Stage;
  /** Paths of the fields that changed. */
  readonly fields: readonly string[];
}
