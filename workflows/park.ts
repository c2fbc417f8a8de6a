import {
  CancellationScope,
  condition,
  currentUpdateInfo,
  defineUpdate,
  log,
  patched,
  setHandler,
} from '@temporalio/workflow';
import type { ParkedRef } from '../domain/activities.ts';
import type { ErrorReport } from '../domain/errors.ts';
import type { RepairRequest } from '../domain/messages.ts';
import { REPAIR_UPDATE } from '../domain/messages.ts';
import { faultOfRepair } from '../domain/repair.ts';
import type { RunStatus } from '../domain/run-state.ts';
import type { Stage } from '../domain/stage.ts';
import { canAsk, isCancellation, reportOf, toFailure } from './failures.ts';
import type { RunContext } from './run-context.ts';

const repairUpdate = defineUpdate<RunStatus, [RepairRequest]>(REPAIR_UPDATE);

/** How people answer a parked run. */
export interface Parking {
  /** Waits for an answer, for the fault to be mended, or for the deadline. */
  park(context: RunContext, stage: Stage, error: ErrorReport): Promise<RepairRequest['action']>;
}

/** Where a run waits. */
interface Place {
  readonly context: RunContext;
  readonly stage: Stage;
}

/** What people have said of it so far. */
interface Said {
  answer: RepairRequest['action'] | null;
  /** While somebody changes the run's spec, nothing else may set it going. */
  amending: boolean;
}

/** Sets the update's handler; synchronously, before anything is awaited. */
export function createParking(): Parking {
  let place: Place | null = null;
  /** Since when it has been parked for the same fault, however often a check took it for mended; ms. */
  let since: { readonly fault: string; readonly at: number } | null = null;
  const said: Said = { answer: null, amending: false };
  setHandler(
    repairUpdate,
    (request) => {
      const assignments = request.set ?? [];
      if (place !== null && assignments.length > 0) return amend(place, said, assignments);
      said.answer = request.action;
      return 'running';
    },
    {
      validator: (request) => {
        if (place === null || said.answer !== null) {
          throw new Error('the run is not parked: there is nothing to repair');
        }
        if (said.amending) throw new Error('the run is being changed by another answer');
        const fault = faultOfRepair(request, place.stage, place.context.summary.stages);
        if (fault !== null) throw new Error(fault);
      },
    },
  );
  return {
    park: async (context, stage, error) => {
      place = { context, stage };
      said.answer = null;
      const fault = `${stage} ${error.code}`;
      if (since?.fault !== fault) since = { fault, at: Date.now() };
      const until = since.at + context.summary.limits.parkedSeconds * 1000;
      const parked = { stage, error, until: new Date(until).toISOString() };
      context.apply({ type: 'parked', error, until: parked.until });
      try {
        await tell(context, parked);
        return await wait(place, error, Math.max(1, until - Date.now()), said);
      } finally {
        // A person's answer starts the time anew; a check's does not, or a fault it cannot see would park for ever.
        if (said.answer !== null) since = null;
        place = null;
        context.apply({ type: 'resumed' });
      }
    },
  };
}

/** A run that waits for somebody does nothing that could tell them. That it cannot be told is no reason not to wait. */
async function tell(context: RunContext, parked: Omit<ParkedRef, 'runId' | 'at'>): Promise<void> {
  if (!patched('tell-parked')) return;
  try {
    await context.activities.tellParked({ runId: context.summary.runId, at: context.now(), ...parked });
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('that the run is parked was not told', { code: reportOf(error).code });
  }
}

/** Changes the spec and goes on with the new plan; what is refused leaves the run where it is. */
async function amend({ context, stage }: Place, said: Said, set: readonly string[]): Promise<RunStatus> {
  said.amending = true;
  try {
    const id = currentUpdateInfo()?.id ?? '';
    const { runId } = context.summary;
    context.replan(await context.activities.amend({ runId, stage, set, id, at: context.now() }));
    said.answer = 'retry';
    return 'running';
  } catch (error) {
    throw toFailure(reportOf(error));
  } finally {
    said.amending = false;
  }
}

async function wait(
  { context, stage }: Place,
  error: ErrorReport,
  parkedMs: number,
  said: Said,
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
  const inTime = await condition(() => said.answer !== null || (mended && !said.amending), parkedMs);
  probing.cancel();
  await probe;
  // A change that is under way when the time is up still counts.
  if (said.amending) await condition(() => !said.amending);
  if (said.answer !== null) return said.answer;
  if (inTime) return 'retry';
  throw toFailure({
    code: 'TY_RUN_PARKED_TOO_LONG',
    message: 'nobody mended the run in time',
    where: `stage ${stage}`,
    why: `${error.code}: ${error.message}`,
  });
}
