import { WorkflowUpdateStage } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { TrainyardError } from '../../domain/errors.ts';
import type { RunStatus } from '../../domain/run-state.ts';
import { SUSPEND_UPDATE } from '../../domain/suspend.ts';
import type { SuspendRequest } from '../../domain/suspend.ts';
import { isOver, isSilentWorker, reportFromFailure, toTrainyardError, workerMissing } from './failures.ts';

/** Milliseconds until a worker has taken the request, and until the cluster has heard it. */
const TAKEN_MS = 10_000;
const DONE_MS = 150_000;

/** Suspends or resumes the job of a run; resolves when the cluster has taken it. */
export async function suspendRun(
  { client, address }: { readonly client: Client; readonly address: string },
  runId: string,
  request: SuspendRequest,
): Promise<RunStatus> {
  const handle = client.workflow.getHandle(runId);
  try {
    const update = await client.withDeadline(Date.now() + TAKEN_MS, () =>
      handle.startUpdate<RunStatus, [SuspendRequest]>(SUSPEND_UPDATE, {
        args: [request],
        waitForStage: WorkflowUpdateStage.ACCEPTED,
      }),
    );
    return await client.withDeadline(Date.now() + DONE_MS, () => update.result());
  } catch (error) {
    throw refusal(error, runId, address);
  }
}

function refusal(error: unknown, runId: string, address: string): TrainyardError {
  if (reportFromFailure(error) !== null) return toTrainyardError(error, { address, runId });
  const name = error instanceof Error ? error.name : '';
  if (isSilentWorker(error) || name === 'WorkflowUpdateRPCTimeoutOrCancelledError') {
    return workerMissing(runId, null, error);
  }
  if (name !== 'WorkflowUpdateFailedError' && !isOver(error)) return toTrainyardError(error, { address, runId });
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new TrainyardError(
    'TY_RUN_NOT_SUSPENDABLE',
    `run ${runId} cannot be suspended or resumed now`,
    { where: runId, why: cause instanceof Error ? cause.message : String(cause) },
    error,
  );
}
