import { Client } from '@temporalio/client';
import type { Connection, WorkflowHandle } from '@temporalio/client';
import type { RunView } from '../../domain/run-state.ts';
import { removeRun, rerunRun, resubmitRun } from './again.ts';
import { chooseTarget, openConnection } from './connection.ts';
import type { Target } from './connection.ts';
import { toTrainyardError } from './failures.ts';
import { decideGate, waitingGates } from './gates.ts';
import { identityPath, readIdentity } from './identity.ts';
import { cancelRun, listRuns, lookAt, repairRun, startRun } from './runs.ts';
import type { Runs } from './runs.ts';
import { readSettings } from './settings-files.ts';
import type { ConnectOptions, GetOptions, RunHandle, Trainyard, WatchOptions } from './types.ts';
import { suspendRun } from './suspend.ts';
import { hasEnded } from './views.ts';
import { watchRun, writtenOnly } from './watch.ts';

/**
 * Connects to Temporal.
 * @throws TrainyardError `TY_TEMPORAL_UNREACHABLE`, `TY_SETTINGS_INVALID`
 * @example
 * const trainyard = await connect();
 * const run = await trainyard.start(spec);
 * const { status } = await run.result();
 * await trainyard.close();
 */
export async function connect(options: ConnectOptions = {}): Promise<Trainyard> {
  const found = await readSettings({
    directory: options.directory ?? process.cwd(),
    env: process.env,
    ...(options.context === undefined ? {} : { context: options.context }),
  });
  const target = chooseTarget(options, found, process.env);
  const connection = await openConnection(target, options.connectTimeoutMs ?? 5_000);
  const { identity } = options;
  return createTrainyard(connection, target, {
    readRecord: options.readRecord ?? null,
    identity: () => (identity === undefined ? readIdentity(identityPath(process.env)) : Promise.resolve(identity)),
  });
}

/** The library over a connection that is already there; closing it closes the connection. */
export function createTrainyard(
  connection: Connection,
  target: Target,
  own: Pick<Runs, 'readRecord' | 'identity'>,
): Trainyard {
  const { address, namespace, taskQueue } = target;
  const client = new Client({ connection, namespace });
  const runs: Runs = { client, address, taskQueue, ...own };
  const get = async (runId: string, options: GetOptions = {}): Promise<RunView> => {
    const { view, live } = await lookAt(runs, runId);
    if (!live && !hasEnded(view.status)) options.onTrouble?.(writtenOnly());
    return view;
  };
  const watch = (runId: string, options?: WatchOptions): AsyncIterable<RunView> =>
    watchRun(() => lookAt(runs, runId), options);
  const result = (runId: string, options?: WatchOptions): Promise<RunView> => lastOf(watch(runId, options), options);
  const handle = (runId: string, temporalRunId: string): RunHandle => ({
    runId,
    temporalRunId,
    get: (options) => get(runId, options),
    watch: (options) => watch(runId, options),
    cancel: (options) => cancelRun(runs, runId, options ?? {}),
    result: (options) => result(runId, options),
  });
  const started = (run: WorkflowHandle): RunHandle =>
    handle(run.workflowId, 'firstExecutionRunId' in run ? String(run.firstExecutionRunId) : '');
  return {
    address,
    namespace,
    taskQueue,
    start: async (spec, options) => started(await startRun(runs, spec, options ?? {})),
    rerun: async (runId, options) => started(await rerunRun(runs, runId, options)),
    resubmit: async (runId, options) => started(await resubmitRun(runs, runId, options ?? {})),
    remove: (runId, options) => removeRun(runs, runId, options ?? {}),
    get,
    list: (options) => listRuns(runs, options ?? {}),
    watch,
    cancel: (runId, options) => cancelRun(runs, runId, options ?? {}),
    repair: (runId, request) => repairRun(runs, runId, request),
    suspend: (runId, options) => suspendRun(runs, runId, { ...options, action: 'suspend' }),
    resume: (runId, options) => suspendRun(runs, runId, { ...options, action: 'resume' }),
    decide: (runId, decision) => decideGate(runs, runId, decision),
    waitingGates: (limit) => waitingGates(runs, limit),
    result,
    close: async () => {
      try {
        await connection.close();
      } catch (error) {
        throw toTrainyardError(error, { address });
      }
    },
  };
}

async function lastOf(views: AsyncIterable<RunView>, options: WatchOptions | undefined): Promise<RunView> {
  let last: RunView | null = null;
  for await (const view of views) last = view;
  options?.signal?.throwIfAborted();
  if (last !== null) return last;
  throw new Error('the run ended without a view');
}
