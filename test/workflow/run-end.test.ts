import { setTimeout as delay } from 'node:timers/promises';
import { CompleteAsyncError } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { causeOf, failureOf, verdictOf } from '../support/fake-activities.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { type RunHandle, viewUntil, withRun } from './harness.ts';

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

const failsToTrain = async (job: Parameters<typeof verdictOf>[0]) =>
  verdictOf(job, { phase: 'failed', cause: causeOf() });
const throwing = (code: Parameters<typeof failureOf>[0]) => async (): Promise<never> => {
  throw failureOf(code);
};

async function endOf(handle: RunHandle): Promise<unknown> {
  const error: unknown = await handle.result().catch((reason: unknown) => reason);
  if (!(error instanceof WorkflowFailedError)) throw new Error('the run did not fail');
  return error.cause instanceof ApplicationFailure ? error.cause.type : error.cause;
}

describe('the end of a run', () => {
  it('keeps the code of the failure when the end cannot be recorded', async () => {
    const activities = { awaitJob: failsToTrain, conclude: throwing('TY_RUN_NOT_FOUND') };
    await withRun(env, { activities }, async (handle) => {
      expect(await endOf(handle)).toBe('TY_JOB_EXIT_CODE');
    });
  });

  it('stays a success when the end cannot be recorded', async () => {
    await withRun(env, { activities: { conclude: throwing('TY_RUN_NOT_FOUND') } }, async (handle) => {
      expect((await handle.result()).status).toBe('succeeded');
    });
  });

  it('stays a success when a cancel comes while it is being recorded', async () => {
    let recording = false;
    const conclude = async (): Promise<void> => {
      recording = true;
      await delay(1500);
    };
    await withRun(env, { activities: { conclude } }, async (handle, calls) => {
      await viewUntil(handle, () => recording);
      await handle.cancel();
      expect((await handle.result()).status).toBe('succeeded');
      expect(calls.filter((name) => name === 'conclude')).toHaveLength(1);
    });
  });

  it('lists what could not be undone, and stays cancelled', async () => {
    const activities = {
      awaitJob: async (): Promise<never> => {
        throw new CompleteAsyncError();
      },
      cancelJobs: throwing('TY_RUN_NOT_FOUND'),
    };
    await withRun(env, { activities }, async (handle) => {
      await viewUntil(handle, (view) => view.stage === 'train');
      await handle.cancel();
      expect(await endOf(handle)).toBeInstanceOf(CancelledFailure);
      const view = await viewUntil(handle, () => true);
      expect(view.status).toBe('cancelled');
      expect(view.leftovers.join()).toContain('TY_RUN_NOT_FOUND');
    });
  });

  it('ends a job only after its submit has ended, so that none is started behind a cancel', async () => {
    const order: string[] = [];
    const activities = {
      submitJob: async () => {
        order.push('submitting');
        await delay(1500);
        order.push('submitted');
      },
      cancelJobs: async () => {
        order.push('cancelled');
        return [];
      },
    };
    await withRun(env, { activities }, async (handle) => {
      await viewUntil(handle, () => order.length > 0);
      await handle.cancel();
      expect(await endOf(handle)).toBeInstanceOf(CancelledFailure);
      expect(order).toEqual(['submitting', 'submitted', 'cancelled']);
    });
  });
});

describe('a run that parks', () => {
  it('gives up after limits.parked when a check again and again takes the same fault for mended', async () => {
    const summary = { limits: { totalSeconds: null, parkedSeconds: 2, keepFailedSeconds: 0 } };
    const activities = { push: throwing('TY_GIT_FORBIDDEN'), probe: () => delay(400) };
    await withRun(env, { summary, activities }, async (handle) => {
      expect(await endOf(handle)).toBe('TY_RUN_PARKED_TOO_LONG');
    });
  });

  it('cannot skip packaging while its result is to be pushed or served', async () => {
    const scenario = {
      summary: { onFailure: 'pause' as const },
      activities: {
        awaitJob: async (job: Parameters<typeof verdictOf>[0]) =>
          job.purpose === 'package' ? failsToTrain(job) : verdictOf(job),
      },
    };
    await withRun(env, scenario, async (handle) => {
      await viewUntil(handle, (view) => view.status === 'parked');
      await expect(handle.executeUpdate('repair', { args: [{ action: 'skip' }] })).rejects.toThrow();
      await handle.executeUpdate('repair', { args: [{ action: 'abort' }] });
      expect(await endOf(handle)).toBe('TY_RUN_ABORTED');
    });
  });
});
