import type { RunRecord } from '../../domain/record.ts';
import type { RepairRequest } from '../../domain/messages.ts';
import type { RunStatus, RunView } from '../../domain/run-state.ts';

/** How to reach Temporal. Everything left out comes from the environment, `dev`, the settings, then the defaults. */
export interface ConnectOptions {
  /** `host:port` of the Temporal frontend. */
  readonly address?: string;
  readonly namespace?: string;
  /** Task queue that new runs are put on. */
  readonly taskQueue?: string;
  /** Profile of Temporal's own configuration file. */
  readonly profile?: string;
  /** Folder whose `.trainyard/dev.json` is looked at; the current one by default. */
  readonly directory?: string;
  /** Context of `~/.config/trainyard/config.yaml`. */
  readonly context?: string;
  /** Milliseconds until an unanswered connection is an error; 5000 by default. */
  readonly connectTimeoutMs?: number;
  /** Reader of `run.json`, asked when no worker answers. */
  readonly readRecord?: (runId: string) => Promise<RunRecord | null>;
}

/** How a run is started. */
export interface StartOptions {
  /** Id of the workflow; `run-<name>-<6 characters>` by default. Never used twice. */
  readonly workflowId?: string;
}

/** A started run. */
export interface RunHandle {
  readonly runId: string;
  /** Temporal's own id of the execution. */
  readonly temporalRunId: string;
  /** See {@link Trainyard.get}. */
  get(options?: GetOptions): Promise<RunView>;
  /** See {@link Trainyard.watch}. */
  watch(options?: WatchOptions): AsyncIterable<RunView>;
  /** See {@link Trainyard.cancel}. */
  cancel(options?: CancelOptions): Promise<void>;
  /** See {@link Trainyard.result}. */
  result(options?: WatchOptions): Promise<RunView>;
}

/** A run in a list: what the server's index knows of it. */
export interface RunSummary {
  readonly runId: string;
  readonly name: string;
  /** `running` includes parked runs: the index does not tell them apart. */
  readonly status: RunStatus;
  readonly stage: string | null;
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339; `null` while it runs. */
  readonly finishedAt: string | null;
}

export interface ListOptions {
  /** At most so many, newest first; 20 by default. */
  readonly limit?: number;
  /** Filter in Temporal's list language, for instance `TrainyardName = "digits"`. */
  readonly query?: string;
}

export interface GetOptions {
  /** Called with `TY_WORKER_MISSING` when the view of an open run is only what was written down. */
  readonly onTrouble?: (error: Error) => void;
}

export interface WatchOptions {
  /** Aborting ends the iteration quietly; the run goes on. */
  readonly signal?: AbortSignal;
  /** Milliseconds between two looks; 500 by default. */
  readonly intervalMs?: number;
  /**
   * Called when a look failed for a reason that passes by itself (server or worker away), once for each spell,
   * and with `null` when it is over.
   */
  readonly onTrouble?: (error: Error | null) => void;
  /** Milliseconds of such trouble until it is thrown; 5 minutes by default. */
  readonly patienceMs?: number;
}

export interface SuspendOptions {
  /** Who asks, shown with the run; one line of at most 100 characters. */
  readonly by?: string;
}

export interface CancelOptions {
  /** Kept in the history of the run. */
  readonly reason?: string;
}

/** The typed library: everything the command line does with runs. */
export interface Trainyard {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /**
   * Starts a run. The spec is what `trainyard.yaml` holds, as a plain object; the run parses it again.
   * @throws TrainyardError `TY_RUN_EXISTS`, `TY_TEMPORAL_UNREACHABLE`
   * @example
   * const run = await trainyard.start({ name: 'digits', model: { repo }, recipe: { kind: 'torchrun', script: 'train.py' } });
   */
  start(spec: unknown, options?: StartOptions): Promise<RunHandle>;
  /**
   * The run as it is now. Without a worker: what its record shows, where that can be read; `onTrouble` then hears of it.
   * @throws TrainyardError `TY_RUN_NOT_FOUND`, `TY_WORKER_MISSING`, `TY_TEMPORAL_UNREACHABLE`
   * @example
   * const { status, output } = await trainyard.get('run-digits-a2b3c4');
   */
  get(runId: string, options?: GetOptions): Promise<RunView>;
  /**
   * Runs, newest first.
   * @throws TrainyardError `TY_TEMPORAL_UNREACHABLE`
   * @example
   * for (const run of await trainyard.list({ limit: 5 })) console.log(run.runId, run.status);
   */
  list(options?: ListOptions): Promise<readonly RunSummary[]>;
  /**
   * The run each time it has changed, until it has ended.
   * @throws TrainyardError as {@link Trainyard.get}
   * @example
   * for await (const view of trainyard.watch(runId)) console.log(view.stage, view.status);
   */
  watch(runId: string, options?: WatchOptions): AsyncIterable<RunView>;
  /**
   * Asks the run to end. It ends within its grace period; {@link Trainyard.result} waits for that.
   * @throws TrainyardError `TY_RUN_NOT_FOUND`, `TY_TEMPORAL_UNREACHABLE`
   * @example
   * await trainyard.cancel(runId, { reason: 'wrong dataset' });
   */
  cancel(runId: string, options?: CancelOptions): Promise<void>;
  /**
   * Answers a run that waits for a person.
   * @returns its status afterwards
   * @throws TrainyardError `TY_RUN_NOT_PARKED`, `TY_RUN_NOT_FOUND`, `TY_WORKER_MISSING`
   * @example
   * await trainyard.repair(runId, { action: 'retry', comment: 'token renewed' });
   */
  repair(runId: string, request: RepairRequest): Promise<RunStatus>;
  /**
   * Stops the job that the run waits for, so that it holds nothing of the cluster; what it has not saved is lost.
   * Harmless when it is suspended already.
   * @returns its status afterwards
   * @throws TrainyardError `TY_BACKEND_SUSPEND`, `TY_RUN_NOT_SUSPENDABLE`, `TY_RUN_NOT_FOUND`, `TY_WORKER_MISSING`
   * @example
   * await trainyard.suspend('run-digits-a2b3c4', { by: 'lin' });
   */
  suspend(runId: string, options?: SuspendOptions): Promise<RunStatus>;
  /**
   * Lets the job of a suspended run start again.
   * @returns its status afterwards
   * @throws TrainyardError as {@link Trainyard.suspend}
   * @example
   * await trainyard.resume('run-digits-a2b3c4');
   */
  resume(runId: string, options?: SuspendOptions): Promise<RunStatus>;
  /**
   * Waits for the end and gives the last view, also for runs that failed: look at `status`.
   * @throws TrainyardError as {@link Trainyard.get}; with an aborted signal the signal's reason
   * @example
   * const { status, metrics } = await trainyard.result(runId);
   */
  result(runId: string, options?: WatchOptions): Promise<RunView>;
  /** Closes the connection. */
  close(): Promise<void>;
}
