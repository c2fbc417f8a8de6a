import { setTimeout as delay } from 'node:timers/promises';
import { CompleteAsyncError } from '@temporalio/activity';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AmendRef, CancelRef } from '../../domain/activities.ts';
import type { PlanSummary } from '../../domain/plan.ts';
import { causeOf, failureOf, summaryOf, verdictOf } from '../support/fake-activities.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { type RunHandle, viewUntil, withRun } from './harness.ts';

const SOON = { timeout: 20_000, interval: 50 };

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

const neverEnds = async (): Promise<never> => {
  throw new CompleteAsyncError();
};
const throwing = (code: Parameters<typeof failureOf>[0]) => async (): Promise<never> => {
  throw failureOf(code);
};

/** Packaging fails until the plan says otherwise. */
function packagingMendedBy(amend: (change: AmendRef, before: PlanSummary) => Promise<PlanSummary>) {
  let mended = false;
  let queue = '';
  const submitted: string[] = [];
  return {
    submitted,
    summary: { onFailure: 'pause' as const },
    activities: {
      submitJob: async ({ purpose, attempt }: { readonly purpose: string; readonly attempt: number }) => {
        submitted.push(`${purpose} ${attempt}`);
      },
      awaitJob: async (job: Parameters<typeof verdictOf>[0]) =>
        job.purpose === 'train' || mended ? verdictOf(job) : verdictOf(job, { phase: 'failed', cause: causeOf() }),
      amend: async (change: AmendRef) => {
        const summary = await amend(change, summaryOf(queue, { onFailure: 'pause' }));
        mended = true;
        return summary;
      },
    },
    on: (handle: RunHandle) => handle.describe().then(({ taskQueue }) => void (queue = taskQueue)),
  };
}

describe('a parked run that is changed', () => {
  it('goes on with the new plan, under a new attempt, and trains nothing again', async () => {
    const changes: AmendRef[] = [];
    const scene = packagingMendedBy(async (change, before) => {
      changes.push(change);
      return { ...before, stages: before.stages.filter((stage) => stage !== 'register'), displayName: 'mended' };
    });
    const { activities, summary } = scene;
    await withRun(env, { activities, summary }, async (handle, calls) => {
      await scene.on(handle);
      await viewUntil(handle, (view) => view.status === 'parked');
      const set = ['package.args.opset=17'];
      expect(await handle.executeUpdate('repair', { args: [{ action: 'retry', set }], updateId: 'once' })).toBe(
        'running',
      );
      const view = await handle.result();
      expect(scene.submitted).toEqual(['train 1', 'package 1', 'package 2']);
      expect(changes).toMatchObject([{ runId: 'run-digits-abc', stage: 'package', set, id: 'once' }]);
      expect({ name: view.displayName, register: view.stages.at(-1)?.status }).toEqual({
        name: 'mended',
        register: 'off',
      });
      expect(calls).not.toContain('register');
    });
  });

  it('stays parked when the change is refused, says why, and can still be answered', async () => {
    const activities = { push: throwing('TY_PUSH_PROTECTED'), probe: throwing('TY_GIT_UNREACHABLE') };
    const amend = throwing('TY_RUN_FIELD_READ');
    await withRun(env, { activities: { ...activities, amend } }, async (handle) => {
      await viewUntil(handle, (view) => view.status === 'parked');
      const error: unknown = await handle
        .executeUpdate('repair', { args: [{ action: 'retry', set: ['name=x'] }] })
        .catch((reason: unknown) => reason);
      if (!(error instanceof WorkflowUpdateFailedError)) throw new Error('the change was taken');
      expect(error.cause).toBeInstanceOf(ApplicationFailure);
      expect((error.cause as ApplicationFailure).type).toBe('TY_RUN_FIELD_READ');
      expect((await viewUntil(handle, () => true)).status).toBe('parked');
      await handle.executeUpdate('repair', { args: [{ action: 'skip' }] });
      expect((await handle.result()).status).toBe('succeeded');
    });
  });

  it.each([
    ['with skip', { action: 'skip', set: ['a=1'] }],
    ['that is no list', { action: 'retry', set: 'a=1' }],
    [
      'of too many fields',
      { action: 'retry', set: Array.from({ length: 51 }, (_none, index) => `labels.l${index}=1`) },
    ],
  ])('refuses a change %s before anything is done', async (_claim, request) => {
    const activities = { push: throwing('TY_PUSH_PROTECTED'), probe: throwing('TY_GIT_UNREACHABLE') };
    await withRun(env, { activities }, async (handle, calls) => {
      await viewUntil(handle, (view) => view.status === 'parked');
      await expect(handle.executeUpdate('repair', { args: [request] })).rejects.toThrow();
      expect(calls).not.toContain('amend');
      await handle.executeUpdate('repair', { args: [{ action: 'abort' }] });
    });
  });

  it('takes no other answer while it is being changed, and is not resumed behind the change', async () => {
    let change: (() => void) | null = null;
    let pushes = 0;
    const activities = {
      push: async () => {
        pushes += 1;
        if (pushes === 1) throw failureOf('TY_PUSH_PROTECTED');
        return { commit: 'd'.repeat(40) };
      },
      probe: async () => {
        // Mended while the change is under way.
        await vi.waitFor(() => expect(change).not.toBeNull(), SOON);
      },
      amend: async () => {
        await new Promise<void>((resolve) => (change = resolve));
        throw failureOf('TY_RUN_FIELD_READ');
      },
    };
    await withRun(env, { activities }, async (handle) => {
      await viewUntil(handle, (view) => view.status === 'parked');
      const update = handle.executeUpdate('repair', { args: [{ action: 'retry', set: ['a=1'] }] });
      const refused = expect(update).rejects.toThrow();
      await vi.waitFor(() => expect(change).not.toBeNull(), SOON);
      await expect(handle.executeUpdate('repair', { args: [{ action: 'abort' }] })).rejects.toThrow();
      expect(pushes).toBe(1);
      change?.();
      await refused;
      expect((await handle.result()).status).toBe('succeeded');
    });
  });

  it('may be given more time than it had', async () => {
    const limits = (totalSeconds: number) => ({ totalSeconds, parkedSeconds: 600, keepFailedSeconds: 0 });
    const scene = packagingMendedBy(async (_change, before) => ({ ...before, limits: limits(600) }));
    const summary = { ...scene.summary, limits: limits(8) };
    const push = async () => {
      // Longer than the time it had, and shorter than a worker may be silent.
      await delay(9_000);
      return { commit: 'e'.repeat(40) };
    };
    await withRun(env, { activities: { ...scene.activities, push }, summary }, async (handle) => {
      await scene.on(handle);
      await viewUntil(handle, (view) => view.status === 'parked');
      await handle.executeUpdate('repair', { args: [{ action: 'retry', set: ['limits.total=10m'] }] });
      expect((await handle.result()).status).toBe('succeeded');
    });
  });
});

describe('a run that goes on from another', () => {
  const inherited = {
    runId: 'run-base',
    from: 'push' as const,
    reused: ['fetch', 'train', 'package'] as const,
    commit: null,
    metrics: { accuracy: 0.9 },
  };

  it('says to resolve which, brings what it takes over before all else, and runs no stage again', async () => {
    const asked: unknown[] = [];
    const rerun = { of: 'run-base', from: 'push' as const };
    let queue = '';
    const activities = {
      resolve: async (...args: unknown[]) => {
        asked.push(args);
        return summaryOf(queue, { inherited });
      },
    };
    const scenario = { activities, options: { rerun } };
    await withRun(env, scenario, async (handle, calls) => {
      queue = (await handle.describe()).taskQueue;
      const view = await handle.result();
      expect(asked).toEqual([[null, { rerun }]]);
      expect(calls).toEqual(['resolve', 'takeOver', 'push', 'register', 'conclude']);
      expect(view.stages.map(({ status }) => status)).toEqual(['done', 'reused', 'reused', 'reused', 'done', 'done']);
      expect(view.rerunOf).toEqual({ runId: 'run-base', from: 'push' });
      expect(view.metrics).toEqual({ accuracy: 0.9 });
    });
  });

  it('waits for a person when there is no room for what it takes over', async () => {
    let tries = 0;
    const activities = {
      takeOver: async () => {
        tries += 1;
        if (tries === 1) throw failureOf('TY_DISK_FULL');
      },
      probe: throwing('TY_DISK_FULL'),
    };
    await withRun(env, { activities, summary: { inherited } }, async (handle, calls) => {
      await viewUntil(handle, (view) => view.status === 'parked');
      expect(calls).not.toContain('push');
      await expect(handle.executeUpdate('repair', { args: [{ action: 'skip' }] })).rejects.toThrow();
      await handle.executeUpdate('repair', { args: [{ action: 'retry' }] });
      expect((await handle.result()).status).toBe('succeeded');
      expect(tries).toBe(2);
    });
  });
});

describe('a cancel that is forced', () => {
  const cancelling = (second: (cancel: CancelRef) => Promise<readonly string[]>) => {
    const asked: number[] = [];
    let release: () => void = () => undefined;
    return {
      asked,
      release: () => release(),
      activities: {
        awaitJob: neverEnds,
        cancelJobs: async (cancel: CancelRef) => {
          asked.push(cancel.graceSeconds);
          if (asked.length > 1) return await second(cancel);
          await new Promise<void>((resolve) => (release = resolve));
          return [];
        },
      },
    };
  };

  async function cancelTwice(handle: RunHandle, asked: readonly number[]): Promise<void> {
    await viewUntil(handle, (view) => view.stage === 'train');
    await handle.cancel();
    await vi.waitFor(() => expect(asked).toEqual([30]), SOON);
    await handle.signal('force');
    const error: unknown = await handle.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkflowFailedError);
  }

  it('ends jobs without their grace, beside the end that waits for it', async () => {
    const scene = cancelling(async () => []);
    await withRun(env, { summary: { graceSeconds: 30 }, activities: scene.activities }, async (handle) => {
      await cancelTwice(handle, scene.asked);
      scene.release();
      expect(scene.asked).toEqual([30, 0]);
      const view = await viewUntil(handle, () => true);
      expect({ status: view.status, left: view.leftovers }).toEqual({ status: 'cancelled', left: [] });
    });
  });

  it('lists the jobs of which nobody saw the end', async () => {
    const scene = cancelling(throwing('TY_RUN_NOT_FOUND'));
    await withRun(env, { summary: { graceSeconds: 30 }, activities: scene.activities }, async (handle) => {
      await cancelTwice(handle, scene.asked);
      scene.release();
      const view = await viewUntil(handle, () => true);
      expect(view.status).toBe('cancelled');
      expect(view.leftovers).toEqual([expect.stringContaining('digits-abcdefgh-t1')]);
    });
  });
});
