import type { Decision, GatedStage, GateView } from '../../domain/gates/gate.ts';
import type { RunRecord } from '../../domain/record.ts';
import type { RepairRequest } from '../../domain/messages.ts';
import type { RunStatus, RunView } from '../../domain/run-state.ts';
import type { RunsAgain } from './again-types.ts';
import type { Identity } from './identity.ts';

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
  /**
   * Who signs decisions at gates and starts of runs; left out, the identity of `trainyard identity create`, if there is
   * one; `null` = nobody.
   */
  readonly identity?: Identity | null;
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
  /** Does not wait for the grace of what is being ended: it is killed, and what is not gone soon is listed. */
  readonly force?: boolean;
}

/** What somebody decides at a gate. */
export interface GateDecision {
  readonly decision: Decision;
  /** Left out, the gate that waits. */
  readonly stage?: GatedStage;
  readonly comment?: string;
  /** Evidence the decision is about, sha256; left out, what is there now: look at it before. */
  readonly digest?: string;
  /** Left with the server as a signal, for when no worker is up; with `stage` and `digest` nothing is asked of one. */
  readonly signal?: boolean;
}

/** Gates that wait, the longest first. */
export interface WaitingGates {
  readonly waiting: readonly { readonly runId: string; readonly name: string; readonly gate: GateView }[];
  /** Open runs whose worker does not answer: nobody knows of their gates. */
  readonly silent: readonly string[];
}

/** The typed library: everything the command line does with runs. */
export interface Trainyard extends RunsAgain {
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
   * Signs a decision and gives it to the run.
   * @returns the gate afterwards; `null` where the decision was left as a signal
   * @throws TrainyardError `TY_GATE_NOT_WAITING`, `TY_GATE_CHANGED`, `TY_GATE_REFUSED`, `TY_WORKER_MISSING`,
   * `TY_RUN_NOT_FOUND`, `TY_IDENTITY_INVALID`
   * @example
   * const { gates } = await trainyard.get(runId);
   * const digest = gates?.find(({ state }) => state === 'waiting')?.offer?.digest;
   * await trainyard.decide(runId, { decision: 'approve', digest, comment: 'as good as the last one' });
   */
  decide(runId: string, decision: GateDecision): Promise<GateView | null>;
  /**
   * Gates that wait for people, over all open runs; `limit` runs at most, 1000 by default.
   * @throws TrainyardError `TY_TEMPORAL_UNREACHABLE`
   * @example
   * for (const { runId, gate } of (await trainyard.waitingGates()).waiting) console.log(runId, gate.stage);
   */
  waitingGates(limit?: number): Promise<WaitingGates>;
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
