import { setTimeout as sleep } from 'node:timers/promises';
import { CompleteAsyncError, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JobRef, SuspendRef, TrainyardActivities } from '../../domain/activities.ts';
import type { RunStatus } from '../../domain/run-state.ts';
import { notSuspendable, SUSPEND_UPDATE } from '../../domain/suspend.ts';
import type { SuspendRequest } from '../../domain/suspend.ts';
import { toFailure } from '../../activities/to-failure.ts';
import { verdictOf } from '../support/fake-activities.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { type RunHandle, viewUntil, withRun } from './harness.ts';

const ON_CLUSTER = { backend: 'kubernetes-job' };

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

/** A training job that goes on until it is told to end; packaging ends at once. */
function jobInHand(suspendJob: (wish: SuspendRef) => Promise<void> = async () => {}) {
  const wishes: SuspendRef[] = [];
  let token: Uint8Array | null = null;
  const activities: Partial<TrainyardActivities> = {
    awaitJob: async (job: JobRef) => {
      if (job.purpose === 'package') return verdictOf(job);
      token = Context.current().info.taskToken;
      throw new CompleteAsyncError();
    },
    suspendJob: async (wish) => {
      wishes.push(wish);
      await suspendJob(wish);
    },
  };
  const end = async (): Promise<void> => {
    if (token === null) throw new Error('nobody waits for the job');
    await env.client.activity.complete(token, verdictOf({ runId: 'run-digits-abc', purpose: 'train', attempt: 1 }));
  };
  return { activities, wishes, end };
}

const isTraining = (handle: RunHandle) => viewUntil(handle, ({ stage }) => stage === 'train');

const ask = (handle: RunHandle, request: SuspendRequest): Promise<RunStatus> =>
  handle.executeUpdate<RunStatus, [SuspendRequest]>(SUSPEND_UPDATE, { args: [request] });

/** The failure an update was refused or failed with. */
async function refusal(asked: Promise<unknown>): Promise<{ type?: string | null; message: string }> {
  const error = await asked.then(
    () => null,
    (reason: unknown) => reason,
  );
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure) return { type: at.type ?? null, message: at.message };
  }
  throw new Error(`it was not refused: ${String(error)}`);
}

/** The update needs the wait for the job to have begun, which the view does not tell. */
async function suspended(handle: RunHandle, by?: string): Promise<RunStatus> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask(handle, { action: 'suspend', ...(by === undefined ? {} : { by }) });
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(50);
    }
  }
}

describe('a run that is suspended', () => {
  it('says so until it is resumed, tells the site each wish, and holds its wait all the while', async () => {
    const job = jobInHand();
    await withRun(env, { summary: ON_CLUSTER, activities: job.activities }, async (handle) => {
      await isTraining(handle);
      expect(await suspended(handle, 'lin')).toBe('suspended');
      expect((await viewUntil(handle, ({ status }) => status === 'suspended')).stage).toBe('train');
      expect(await ask(handle, { action: 'suspend' })).toBe('suspended');
      expect(await ask(handle, { action: 'resume' })).toBe('running');
      expect(await ask(handle, { action: 'resume' })).toBe('running');
      expect((await viewUntil(handle, ({ status }) => status === 'running')).stage).toBe('train');
      const about = { runId: 'run-digits-abc', job: 'digits-abcdefgh-t1' };
      expect(job.wishes).toEqual([
        { ...about, suspended: true, by: 'lin' },
        { ...about, suspended: true, by: null },
        { ...about, suspended: false, by: null },
        { ...about, suspended: false, by: null },
      ]);
      await job.end();
      expect((await handle.result()).status).toBe('succeeded');
    });
  });

  it('is resumed after it is suspended, however close they are asked', async () => {
    const order: boolean[] = [];
    const job = jobInHand(async ({ suspended: wish }) => {
      if (wish) await sleep(1000);
      order.push(wish);
    });
    await withRun(env, { summary: ON_CLUSTER, activities: job.activities }, async (handle) => {
      await isTraining(handle);
      await ask(handle, { action: 'resume' }).catch(() => sleep(500));
      order.length = 0;
      const first = suspended(handle);
      await sleep(300);
      const second = ask(handle, { action: 'resume' });
      expect(await Promise.all([first, second])).toEqual(['suspended', 'running']);
      expect(order).toEqual([true, false]);
      await job.end();
      await handle.result();
    });
  });

  it('is no longer so when its job has ended', async () => {
    const job = jobInHand();
    await withRun(env, { summary: ON_CLUSTER, activities: job.activities }, async (handle) => {
      await isTraining(handle);
      await suspended(handle);
      await job.end();
      expect((await handle.result()).status).toBe('succeeded');
    });
  });

  it('ends its job when it is cancelled', async () => {
    const ended: (readonly string[])[] = [];
    const job = jobInHand();
    const cancelJobs: TrainyardActivities['cancelJobs'] = async ({ jobs }) => {
      ended.push(jobs);
      return [];
    };
    await withRun(env, { summary: ON_CLUSTER, activities: { ...job.activities, cancelJobs } }, async (handle) => {
      await isTraining(handle);
      await suspended(handle);
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      expect(ended).toEqual([['digits-abcdefgh-t1']]);
    });
  });

  it('does what was asked though the worker goes while it does it', async () => {
    let tries = 0;
    const job = jobInHand(async () => {
      tries += 1;
      if (tries === 1) await Context.current().cancelled;
    });
    const scenario = { summary: ON_CLUSTER, activities: job.activities };
    await withRun(env, scenario, async (handle, _calls, withoutWorker) => {
      await isTraining(handle);
      const asked = suspended(handle);
      await vi.waitFor(() => expect(tries).toBe(1), { timeout: 20_000 });
      await withoutWorker(async () => undefined);
      expect(await asked).toBe('suspended');
      expect(tries).toBe(2);
      await job.end();
      await handle.result();
    });
  });
});

describe('a wish to suspend a run', () => {
  it.each(['local', 'paddlejob'])('is refused before anything happens on the backend %s', async (backend) => {
    const job = jobInHand();
    await withRun(env, { summary: { backend }, activities: job.activities }, async (handle) => {
      await isTraining(handle);
      for (let tries = 0; ; tries += 1) {
        const { type, message } = await refusal(ask(handle, { action: 'suspend' }));
        if (type === 'TY_RUN_NOT_SUSPENDABLE' && tries < 100) {
          await sleep(50);
          continue;
        }
        expect([type, message]).toEqual(['TY_BACKEND_SUSPEND', expect.stringContaining(backend)]);
        break;
      }
      expect(job.wishes).toEqual([]);
      await job.end();
      await handle.result();
    });
  });

  it('is refused while no job is under way, and for what is no such wish', async () => {
    const job = jobInHand();
    let go: () => void = () => {};
    const fetched = new Promise<void>((resolve) => {
      go = resolve;
    });
    const activities = { ...job.activities, fetch: () => fetched };
    await withRun(env, { summary: ON_CLUSTER, activities }, async (handle) => {
      await viewUntil(handle, ({ stage }) => stage === 'fetch');
      expect(await refusal(ask(handle, { action: 'suspend' }))).toMatchObject({ type: 'TY_RUN_NOT_SUSPENDABLE' });
      const odd = { action: 'pause' } as unknown as SuspendRequest;
      await expect(ask(handle, odd)).rejects.toThrow();
      await expect(ask(handle, { action: 'suspend', by: 'two\nlines' })).rejects.toThrow();
      expect(job.wishes).toEqual([]);
      go();
      await isTraining(handle);
      await suspended(handle);
      await job.end();
      await handle.result();
    });
  });

  it('fails with the reason of the site, and the run goes on', async () => {
    const job = jobInHand(async ({ job: name }) => {
      throw toFailure(notSuspendable(name, 'Kueue holds it back'));
    });
    await withRun(env, { summary: ON_CLUSTER, activities: job.activities }, async (handle) => {
      await isTraining(handle);
      for (let tries = 0; job.wishes.length === 0 && tries < 100; tries += 1) {
        expect(await refusal(ask(handle, { action: 'suspend' }))).toMatchObject({ type: 'TY_RUN_NOT_SUSPENDABLE' });
        await sleep(50);
      }
      expect(job.wishes).toHaveLength(1);
      expect((await viewUntil(handle, ({ stage }) => stage === 'train')).status).toBe('running');
      await job.end();
      expect((await handle.result()).status).toBe('succeeded');
    });
  });
});
