import { CompleteAsyncError } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { causeOf, failureOf, verdictOf } from '../support/fake-activities.ts';
import { type RunHandle, viewUntil, withRun } from './harness.ts';

/** A job that goes on; nobody completes it. */
const neverEnds = async (): Promise<never> => {
  throw new CompleteAsyncError();
};

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

/** The code a run failed with. */
async function codeOf(handle: RunHandle): Promise<string | null | undefined> {
  const error = await handle.result().then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowFailedError)) throw new Error('the run did not fail');
  return error.cause instanceof ApplicationFailure ? error.cause.type : error.cause?.name;
}

describe('trainingRun', () => {
  it('walks the stages in order and stays below 70 events and 64 KiB', async () => {
    await withRun(env, {}, async (handle, calls) => {
      const view = await handle.result();
      expect(view.status).toBe('succeeded');
      expect(view.stages.map((stage) => stage.status)).toEqual(Array(6).fill('done'));
      expect(view.output?.commit).toBe('c'.repeat(40));
      expect(calls).toEqual([
        'resolve',
        'fetch',
        'submitJob',
        'awaitJob',
        'submitJob',
        'awaitJob',
        'push',
        'register',
        'conclude',
      ]);
      const { historyLength, historySize = 0 } = await handle.describe();
      expect(historyLength).toBeLessThanOrEqual(70);
      expect(historySize).toBeLessThan(64 * 1024);
    });
  });

  it('leaves out the stages that the plan switches off', async () => {
    const summary = { stages: ['resolve', 'fetch', 'train'] as const, output: null };
    await withRun(env, { summary }, async (handle, calls) => {
      const view = await handle.result();
      expect(view.stages.slice(3).map((stage) => stage.status)).toEqual(['off', 'off', 'off']);
      expect(calls).not.toContain('push');
    });
  });

  it('starts a job again when the infrastructure ended it, under a new attempt', async () => {
    const attempts: number[] = [];
    const awaitJob = async (job: Parameters<typeof verdictOf>[0]) => {
      if (job.purpose === 'train') attempts.push(job.attempt);
      if (job.purpose === 'train' && job.attempt === 1) {
        const cause = causeOf({ kind: 'lost', code: 'TY_JOB_LOST', budget: 'infrastructure' });
        return verdictOf(job, { phase: 'failed', cause });
      }
      return verdictOf(job);
    };
    await withRun(env, { activities: { awaitJob } }, async (handle) => {
      const view = await handle.result();
      expect(attempts).toEqual([1, 2]);
      expect(view.stages.find((stage) => stage.name === 'train')?.attempts).toBe(2);
    });
  });

  it('does not start a job again when its own code failed, and names the rank', async () => {
    const awaitJob = async (job: Parameters<typeof verdictOf>[0]) =>
      verdictOf(job, { phase: 'failed', cause: causeOf() });
    await withRun(env, { activities: { awaitJob } }, async (handle, calls) => {
      expect(await codeOf(handle)).toBe('TY_JOB_EXIT_CODE');
      expect(calls.filter((name) => name === 'submitJob')).toHaveLength(1);
      const view = await viewUntil(handle, () => true);
      expect(view.cause).toMatchObject({ rank: 1, exitCode: 3 });
      expect(view.stages.find((stage) => stage.name === 'train')?.status).toBe('failed');
    });
  });

  it('ends the job and records the end when it is cancelled while training', async () => {
    const cancelled: unknown[] = [];
    const activities = {
      awaitJob: neverEnds,
      cancelJobs: async (cancel: unknown) => {
        cancelled.push(cancel);
        return [];
      },
    };
    await withRun(env, { activities }, async (handle, calls) => {
      await viewUntil(handle, (view) => view.stage === 'train');
      await handle.cancel();
      const error = await handle.result().catch((reason: unknown) => reason);
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      expect(cancelled).toEqual([{ runId: 'run-digits-abc', jobs: ['digits-abcdefgh-t1'], graceSeconds: 1 }]);
      expect(calls.at(-1)).toBe('conclude');
      expect((await viewUntil(handle, () => true)).status).toBe('cancelled');
    });
  });

  it('fails when it takes longer than limits.total, after ending its job', async () => {
    const summary = { limits: { totalSeconds: 1, parkedSeconds: 60, keepFailedSeconds: 0 } };
    const activities = { awaitJob: neverEnds };
    await withRun(env, { summary, activities }, async (handle, calls) => {
      expect(await codeOf(handle)).toBe('TY_RUN_DEADLINE');
      expect(calls).toContain('cancelJobs');
    });
  });

  it('fails at once on what resolve finds, even if a person could mend it', async () => {
    const activities = {
      resolve: async () => {
        throw failureOf('TY_GIT_AUTH');
      },
    };
    await withRun(env, { activities }, async (handle, calls) => {
      expect(await codeOf(handle)).toBe('TY_GIT_AUTH');
      expect(calls).toEqual(['resolve']);
    });
  });
});

describe('a parked run', () => {
  const refusedOnce = () => {
    let pushes = 0;
    return async () => {
      pushes += 1;
      if (pushes === 1) throw failureOf('TY_PUSH_PROTECTED');
      return { commit: 'd'.repeat(40) };
    };
  };
  const stillBroken = async () => {
    throw ApplicationFailure.create({ type: 'TY_PUSH_PROTECTED', message: 'still', nonRetryable: false });
  };

  it('goes on by itself when the check finds the fault mended', async () => {
    await withRun(env, { activities: { push: refusedOnce() } }, async (handle, calls) => {
      const view = await handle.result();
      expect(view.output?.commit).toBe('d'.repeat(40));
      expect(calls).toContain('probe');
    });
  });

  it('shows why it waits and goes on when a person says retry', async () => {
    const activities = { push: refusedOnce(), probe: stillBroken };
    await withRun(env, { activities }, async (handle) => {
      const view = await viewUntil(handle, (one) => one.status === 'parked');
      expect(view.error?.code).toBe('TY_PUSH_PROTECTED');
      expect(view.parkedUntil).not.toBeNull();
      await handle.executeUpdate('repair', { args: [{ action: 'retry' }] });
      expect((await handle.result()).status).toBe('succeeded');
    });
  });

  it('skips an optional stage and ends well', async () => {
    const activities = { push: refusedOnce(), probe: stillBroken };
    await withRun(env, { activities }, async (handle) => {
      await viewUntil(handle, (one) => one.status === 'parked');
      await handle.executeUpdate('repair', { args: [{ action: 'skip' }] });
      const view = await handle.result();
      expect(view.stages.find((stage) => stage.name === 'push')?.status).toBe('skipped');
    });
  });

  it('refuses a repair while it is not parked, and a skip of a stage that must run', async () => {
    const activities = {
      fetch: async () => {
        throw failureOf('TY_DISK_FULL');
      },
      probe: stillBroken,
    };
    await withRun(env, { activities }, async (handle) => {
      await viewUntil(handle, (one) => one.status === 'parked');
      await expect(handle.executeUpdate('repair', { args: [{ action: 'skip' }] })).rejects.toThrow();
      await handle.executeUpdate('repair', { args: [{ action: 'abort' }] });
      expect(await codeOf(handle)).toBe('TY_RUN_ABORTED');
    });
  });

  it('fails when nobody mends it within limits.parked', async () => {
    const summary = { limits: { totalSeconds: null, parkedSeconds: 1, keepFailedSeconds: 0 } };
    const activities = { push: refusedOnce(), probe: stillBroken };
    await withRun(env, { summary, activities }, async (handle) => {
      expect(await codeOf(handle)).toBe('TY_RUN_PARKED_TOO_LONG');
    });
  });
});
