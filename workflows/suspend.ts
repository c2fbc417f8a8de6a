import { defineUpdate, setHandler } from '@temporalio/workflow';
import { toReport } from '../domain/errors.ts';
import type { RunStatus } from '../domain/run-state.ts';
import type { SuspendRequest } from '../domain/suspend.ts';
import { canSuspend, notSuspendable, SUSPEND_UPDATE, suspendRefusal, wrongWithSuspend } from '../domain/suspend.ts';
import { toFailure } from './failures.ts';
import type { RunContext } from './run-context.ts';

const suspendUpdate = defineUpdate<RunStatus, [SuspendRequest]>(SUSPEND_UPDATE);

/** How people suspend and resume the job that a run waits for. */
export interface Suspension {
  /** The work of waiting for a job; while it goes on, that job may be suspended. */
  during<T>(context: RunContext, job: string, wait: () => Promise<T>): Promise<T>;
}

interface UnderWay {
  readonly context: RunContext;
  readonly job: string;
}

/** Sets the update's handler; synchronously, before anything is awaited. */
export function createSuspension(): Suspension {
  let current: UnderWay | null = null;
  /** One request after the other: a resume must not overtake the suspend before it. */
  let turn: Promise<unknown> = Promise.resolve();

  async function act(asked: UnderWay, { action, by }: SuspendRequest): Promise<RunStatus> {
    const { context, job } = asked;
    const suspended = action === 'suspend';
    if (current !== asked) throw ended(job);
    await context.activities.suspendJob({ runId: context.summary.runId, job, suspended, by: by ?? null });
    if (current !== asked) throw ended(job);
    context.apply({ type: suspended ? 'suspended' : 'continued' });
    return suspended ? 'suspended' : 'running';
  }

  setHandler(
    suspendUpdate,
    (request) => {
      // The validator, just before this, has seen that there is one.
      const asked = current;
      if (asked === null) throw noJob();
      const done = turn.then(() => act(asked, request));
      turn = done.catch(() => undefined);
      return done;
    },
    {
      validator: (request) => {
        const wrong = wrongWithSuspend(request);
        if (wrong !== null) throw new Error(wrong);
        if (current === null) throw noJob();
        const { backend } = current.context.summary;
        if (!canSuspend(backend)) throw toFailure(toReport(suspendRefusal(backend)));
      },
    },
  );
  return {
    during: async (context, job, wait) => {
      current = { context, job };
      try {
        return await wait();
      } finally {
        current = null;
      }
    },
  };
}

function noJob(): Error {
  return toFailure({
    code: 'TY_RUN_NOT_SUSPENDABLE',
    message: 'no job of the run is under way',
    why: 'only a job of the stages train and package can be suspended or resumed, once it was submitted and until it ends',
  });
}

function ended(job: string): Error {
  return toFailure(toReport(notSuspendable(job, 'it has ended meanwhile')));
}
