import { CancellationScope, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import type { ErrorReport } from '../domain/errors.ts';
import type { RepairRequest } from '../domain/messages.ts';
import { REPAIR_UPDATE } from '../domain/messages.ts';
import type { RunStatus } from '../domain/run-state.ts';
import { OPTIONAL_STAGES, type Stage } from '../domain/stage.ts';
import { canAsk, toFailure } from './failures.ts';
import type { RunContext } from './run-context.ts';

const repairUpdate = defineUpdate<RunStatus, [RepairRequest]>(REPAIR_UPDATE);

/** How people answer a parked run. */
export interface Parking {
  /** Waits for an answer, for the fault to be mended, or for the deadline. */
  park(context: RunContext, stage: Stage, error: ErrorReport): Promise<RepairRequest['action']>;
}

/** Sets the update's handler; synchronously, before anything is awaited. */
export function createParking(): Parking {
  let parkedAt: Stage | null = null;
  let stages: readonly Stage[] = [];
  /** Since when it has been parked for the same fault, however often a check took it for mended; ms. */
  let since: { readonly fault: string; readonly at: number } | null = null;
  let answer: RepairRequest['action'] | null = null;
  setHandler(
    repairUpdate,
    (request) => {
      answer = request.action;
      return 'running';
    },
    {
      validator: (request) => {
        if (parkedAt === null || answer !== null) {
          throw new Error('the run is not parked: there is nothing to repair');
        }
        if (!['retry', 'skip', 'abort'].includes(request.action)) {
          throw new Error(`unknown action ${String(request.action)}: use retry, skip or abort`);
        }
        if (request.action === 'skip' && !OPTIONAL_STAGES.includes(parkedAt)) {
          throw new Error(`stage ${parkedAt} cannot be skipped: use retry or abort`);
        }
        if (request.action === 'skip' && parkedAt === 'package' && stages.some(usesPackage)) {
          throw new Error(
            'stage package cannot be skipped while its result is to be pushed or served: use retry or abort',
          );
        }
      },
    },
  );
  return {
    park: async (context, stage, error) => {
      parkedAt = stage;
      ({ stages } = context.summary);
      answer = null;
      const fault = `${stage} ${error.code}`;
      if (since?.fault !== fault) since = { fault, at: Date.now() };
      const until = since.at + context.summary.limits.parkedSeconds * 1000;
      context.apply({ type: 'parked', error, until: new Date(until).toISOString() });
      try {
        return await wait(context, stage, error, Math.max(1, until - Date.now()), () => answer);
      } finally {
        // A person's answer starts the time anew; a check's does not, or a fault it cannot see would park for ever.
        if (answer !== null) since = null;
        parkedAt = null;
        context.apply({ type: 'resumed' });
      }
    },
  };
}

function usesPackage(stage: Stage): boolean {
  return stage === 'push' || stage === 'register';
}

async function wait(
  context: RunContext,
  stage: Stage,
  error: ErrorReport,
  parkedMs: number,
  answer: () => RepairRequest['action'] | null,
): Promise<RepairRequest['action']> {
  let mended = false;
  const probing = new CancellationScope();
  const probe = probing
    .run(async () => {
      if (!canAsk(error)) return;
      await context.activities.probe({ runId: context.summary.runId, stage, error });
      mended = true;
    })
    .catch(() => {
      // Cancelled with the parking, or a check that cannot be made: a person's answer still counts.
    });
  const inTime = await condition(() => answer() !== null || mended, parkedMs);
  probing.cancel();
  await probe;
  const action = answer();
  if (action !== null) return action;
  if (inTime) return 'retry';
  throw toFailure({
    code: 'TY_RUN_PARKED_TOO_LONG',
    message: 'nobody mended the run in time',
    where: `stage ${stage}`,
    why: `${error.code}: ${error.message}`,
  });
}
