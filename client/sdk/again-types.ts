import type { RerunStage } from '../../domain/rerun.ts';
import type { RunHandle, StartOptions } from './types.ts';

/** How a run goes on from another one. */
export interface RerunOptions extends StartOptions {
  /** First stage that is run again; what is before it is taken over. */
  readonly from: RerunStage;
  /** `path=value`, put into the spec; only fields that stages from there on read. */
  readonly set?: readonly string[];
}

export interface ResubmitOptions extends StartOptions {
  /** `path=value`, put into the spec. */
  readonly set?: readonly string[];
}

export interface RemoveOptions {
  /** Removes the run's files, once it is sure that it has ended. */
  readonly files?: (runId: string) => Promise<void>;
}

/** Runs that come after other runs, and the end of those. */
export interface RunsAgain {
  /**
   * Starts a run that takes over what another one has done before `from`: the same commits, its training, its package,
   * its commit. That run must have ended, or be parked. What does not fit fails in the new run's first stage.
   * @throws TrainyardError `TY_RUN_NOT_FOUND`, `TY_RUN_EXISTS`, `TY_TEMPORAL_UNREACHABLE`
   * @example
   * const run = await trainyard.rerun('run-digits-a2b3c4', { from: 'package', set: ['package.args.opset=17'] });
   */
  rerun(runId: string, options: RerunOptions): Promise<RunHandle>;
  /**
   * Starts a run with the spec of another one; refs are resolved anew.
   * @throws TrainyardError `TY_RUN_NOT_FOUND`, `TY_SPEC_*`, `TY_TEMPORAL_UNREACHABLE`
   * @example
   * const run = await trainyard.resubmit('run-digits-a2b3c4', { set: ['recipe.args.epochs=5'] });
   */
  resubmit(runId: string, options?: ResubmitOptions): Promise<RunHandle>;
  /**
   * Removes what the server keeps of a run that has ended; with `files`, also what it left.
   * @throws TrainyardError `TY_RUN_NOT_OVER`, `TY_RUN_NOT_FOUND`, `TY_TEMPORAL_UNREACHABLE`
   * @example
   * await trainyard.remove('run-digits-a2b3c4');
   */
  remove(runId: string, options?: RemoveOptions): Promise<void>;
}
