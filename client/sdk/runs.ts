import { randomBytes } from 'node:crypto';
import {
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import type { Client, WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { TrainyardError } from '../../domain/errors.ts';
import { FORCE_SIGNAL, REPAIR_UPDATE, REQUESTER_MEMO, VIEW_QUERY, WORKFLOW_TYPE } from '../../domain/messages.ts';
import type { RepairRequest } from '../../domain/messages.ts';
import { base32, NAME_PATTERN } from '../../domain/names.ts';
import type { RunRecord } from '../../domain/record.ts';
import { viewOfRecord } from '../../domain/record-view.ts';
import type { RunOptions } from '../../domain/rerun.ts';
import type { RunStatus, RunView } from '../../domain/run-state.ts';
import { type Identity, signStart } from './identity.ts';
import { jobProgressOf } from './job-progress.ts';
import { isOver, isSilentWorker, reportFromFailure, toTrainyardError, workerMissing } from './failures.ts';
import type { CancelOptions, ListOptions, RunSummary, StartOptions } from './types.ts';
import { closeView, hasEnded, stageOf, statusOf, summaryOf, viewFromDescription } from './views.ts';

/** What the calls below work with. */
export interface Runs {
  readonly client: Client;
  readonly address: string;
  readonly taskQueue: string;
  readonly readRecord: ((runId: string) => Promise<RunRecord | null>) | null;
  /** Who signs; asked for when something is to be signed. */
  readonly identity: () => Promise<Identity | null>;
}

/** Milliseconds a query, an update or a description may take. */
const QUERY_MS = 3_000;
const UPDATE_MS = 10_000;
export const CALL_MS = 10_000;

/** A view, and whether a worker gave it just now. */
export interface Look {
  readonly view: RunView;
  readonly live: boolean;
}

/** `run-<name>-<6 base32>`. */
export function newRunId(spec: unknown): string {
  const name: unknown = typeof spec === 'object' && spec !== null ? Reflect.get(spec, 'name') : undefined;
  // A bad name is refused by the run itself, with the right code; the id has to be well formed all the same.
  const word = typeof name === 'string' && NAME_PATTERN.test(name) ? name : 'unnamed';
  return `run-${word}-${base32(randomBytes(5), 6)}`;
}

export async function startRun(runs: Runs, spec: unknown, options: StartOptions): Promise<WorkflowHandle> {
  return await startWith(runs, options.workflowId ?? newRunId(spec), { args: [spec], signed: spec });
}

/** What a run is started with, and what of it whoever starts it signs. */
interface Beginning {
  readonly args: [spec: unknown, options?: RunOptions];
  readonly signed: unknown;
}

export async function startWith(runs: Runs, workflowId: string, { args, signed }: Beginning): Promise<WorkflowHandle> {
  const identity = await runs.identity();
  return guarded(runs, workflowId, async () => {
    try {
      return await call(runs, CALL_MS, () =>
        runs.client.workflow.start(WORKFLOW_TYPE, {
          workflowId,
          taskQueue: runs.taskQueue,
          args,
          ...(identity === null ? {} : { memo: { [REQUESTER_MEMO]: signStart(identity, workflowId, signed) } }),
          workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      throw new TrainyardError(
        'TY_RUN_EXISTS',
        `a run ${workflowId} has been there before`,
        { where: workflowId },
        error,
      );
    }
  });
}

/** One look at a run: its worker's answer, else what is written down. */
export async function lookAt(runs: Runs, runId: string): Promise<Look> {
  const handle = runs.client.workflow.getHandle(runId);
  return guarded(runs, runId, async () => {
    try {
      return { view: await liveView(runs, handle), live: true };
    } catch (error) {
      if (error instanceof QueryNotRegisteredError || error instanceof QueryRejectedError) {
        throw new TrainyardError('TY_RUN_NOT_FOUND', `${runId} is not a run of Trainyard`, { where: runId }, error);
      }
      if (!isSilentWorker(error)) throw error;
      return { view: await writtenView(runs, handle, error), live: false };
    }
  });
}

/** The worker's answer; checked against the server, because a terminated run goes on answering that it runs. */
async function liveView(runs: Runs, handle: WorkflowHandle): Promise<RunView> {
  const ask = (): Promise<RunView> => call(runs, QUERY_MS, () => handle.query<RunView>(VIEW_QUERY));
  const view = await ask();
  if (hasEnded(view.status)) {
    await closed(runs, handle);
    return view;
  }
  const info = await call(runs, CALL_MS, () => handle.describe());
  if (hasEnded(statusOf(info.status.name))) return closeView(await ask(), info);
  const job = await jobProgressOf(runs.client, info);
  return job === null ? view : { ...view, job };
}

/** A view that has ended comes before the last write of the record: waits for that, at most one call's time. */
async function closed(runs: Runs, handle: WorkflowHandle): Promise<void> {
  await call(runs, CALL_MS, () => handle.result()).catch(() => undefined);
}

async function writtenView(runs: Runs, handle: WorkflowHandle, silence: unknown): Promise<RunView> {
  const info = await call(runs, CALL_MS, () => handle.describe());
  const record = (await runs.readRecord?.(handle.workflowId).catch(() => null)) ?? null;
  if (record !== null) {
    const view = record.view ?? viewOfRecord(record, stageOf(info));
    return withError(runs, handle, info, closeView(view, info));
  }
  if (!hasEnded(statusOf(info.status.name))) throw workerMissing(handle.workflowId, info.taskQueue, silence);
  return withError(runs, handle, info, viewFromDescription(info));
}

/** The error a failed run closed with, where the written view has none. */
async function withError(
  runs: Runs,
  handle: WorkflowHandle,
  info: WorkflowExecutionDescription,
  view: RunView,
): Promise<RunView> {
  if (view.error !== null || statusOf(info.status.name) !== 'failed') return view;
  try {
    await call(runs, QUERY_MS, () => handle.result());
    return view;
  } catch (error) {
    return { ...view, error: reportFromFailure(error) };
  }
}

/**
 * The server gives open runs first and closed ones by their end, and sorts by nothing else: the newest are found by
 * asking for both and for a few more than wanted.
 */
export async function listRuns(runs: Runs, options: ListOptions): Promise<readonly RunSummary[]> {
  const limit = options.limit ?? 20;
  const wanted = options.query === undefined ? '' : ` AND (${options.query})`;
  const some = (state: string): Promise<readonly RunSummary[]> =>
    listSome(runs, `WorkflowType = "${WORKFLOW_TYPE}" AND ${state}${wanted}`, Math.max(limit, 20));
  return guarded(runs, undefined, async () => {
    if (limit <= 0) return [];
    const found = await Promise.all([some('ExecutionStatus = "Running"'), some('ExecutionStatus != "Running"')]);
    return found
      .flat()
      .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
      .slice(0, limit);
  });
}

function listSome(runs: Runs, query: string, count: number): Promise<readonly RunSummary[]> {
  return call(runs, CALL_MS, async () => {
    const found: RunSummary[] = [];
    for await (const info of runs.client.workflow.list({ query, pageSize: Math.min(count, 1000) })) {
      found.push(summaryOf(info));
      if (found.length >= count) break;
    }
    return found;
  });
}

export async function cancelRun(runs: Runs, runId: string, options: CancelOptions): Promise<void> {
  const { client } = runs;
  const request = (): Promise<unknown> =>
    call(runs, CALL_MS, () =>
      client.workflowService.requestCancelWorkflowExecution({
        namespace: client.options.namespace,
        identity: client.options.identity,
        requestId: randomBytes(16).toString('hex'),
        reason: options.reason ?? '',
        workflowExecution: { workflowId: runId },
      }),
    );
  await guarded(runs, runId, async () => {
    try {
      await request();
      if (options.force === true)
        await call(runs, CALL_MS, () => client.workflow.getHandle(runId).signal(FORCE_SIGNAL));
    } catch (error) {
      // What has ended needs no cancelling.
      if (!isOver(error)) throw error;
    }
  });
}

export async function repairRun(runs: Runs, runId: string, request: RepairRequest): Promise<RunStatus> {
  const handle = runs.client.workflow.getHandle(runId);
  return guarded(runs, runId, async () => {
    try {
      return await call(runs, UPDATE_MS, () =>
        handle.executeUpdate<RunStatus, [RepairRequest]>(REPAIR_UPDATE, { args: [request] }),
      );
    } catch (error) {
      if (reportFromFailure(error) !== null) throw error;
      if (isSilentWorker(error) || isUpdateTimeout(error)) throw workerMissing(runId, null, error);
      if (!isRejection(error) && !isOver(error)) throw error;
      const why = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : String(error);
      throw new TrainyardError(
        'TY_RUN_NOT_PARKED',
        `run ${runId} cannot be answered now`,
        { where: runId, why },
        error,
      );
    }
  });
}

function isUpdateTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowUpdateRPCTimeoutOrCancelledError';
}

function isRejection(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowUpdateFailedError';
}

export function call<T>(runs: Runs, milliseconds: number, work: () => Promise<T>): Promise<T> {
  return runs.client.withDeadline(Date.now() + milliseconds, work);
}

export async function guarded<T>(runs: Runs, runId: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toTrainyardError(error, { address: runs.address, ...(runId === undefined ? {} : { runId }) });
  }
}
