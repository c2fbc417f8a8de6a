import { CompleteAsyncError } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SubmitRef } from '../../domain/activities.ts';
import type { JobVerdict } from '../../domain/job.ts';
import { jobBackoffSeconds } from '../../domain/retry.ts';
import { causeOf, verdictOf } from '../support/fake-activities.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { viewUntil, withRun } from './harness.ts';

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

const summary = { stages: ['resolve', 'fetch', 'train'] as const, output: null };
const PREEMPTED = causeOf({ kind: 'preempted', code: 'TY_JOB_PREEMPTED', budget: 'infrastructure' });
const CRASHED = causeOf();
const COST = { acceleratorSeconds: 80, lostSeconds: 3, lostAcceleratorSeconds: 24 };

/** How the attempts of training end, in their order; those after them succeed. */
function ending(...causes: readonly (typeof PREEMPTED)[]) {
  const submitted: SubmitRef[] = [];
  return {
    submitted,
    activities: {
      submitJob: async (job: SubmitRef) => {
        submitted.push(job);
        return { resumedFrom: job.attempt === 1 ? null : `checkpoints/step-${job.attempt}` };
      },
      awaitJob: async (job: SubmitRef): Promise<JobVerdict> => {
        const cause = causes[job.attempt - 1];
        return cause === undefined ? verdictOf(job) : verdictOf(job, { phase: 'failed', cause, cost: COST });
      },
    },
  };
}

describe('the attempts of a job', () => {
  it('are seen with the reason, the cost, the next one and what it goes on from', async () => {
    const { activities, submitted } = ending(PREEMPTED);
    await withRun(env, { summary, activities }, async (handle) => {
      const { attempts = [] } = await handle.result();
      const [first, second] = attempts;
      expect(first).toMatchObject({
        phase: 'failed',
        resumedFrom: null,
        cause: { kind: 'preempted', budget: 'infrastructure', message: PREEMPTED.message },
        ...COST,
      });
      expect(first?.nextAt).not.toBeNull();
      expect(second).toMatchObject({ phase: 'succeeded', resumedFrom: 'checkpoints/step-2', nextAt: null });
      // The record learns of the end of an attempt with the next one.
      expect(submitted[0]?.previous).toBeUndefined();
      expect(submitted[1]?.previous).toMatchObject({ job: first?.job, phase: 'failed', ...COST });
    });
  });

  it('wait before the next one as long as the name of the job says, so that a replay waits the same', async () => {
    const { activities } = ending(PREEMPTED);
    await withRun(env, { summary, activities }, async (handle) => {
      await handle.result();
      const { events } = await handle.fetchHistory();
      const timers = (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
        timer?.startToFireTimeout
          ? [Number(timer.startToFireTimeout.nanos ?? 0) / 1e9 + Number(timer.startToFireTimeout.seconds ?? 0)]
          : [],
      );
      expect(timers).toContain(jobBackoffSeconds(1, 'digits-abcdefgh-t1'));
    });
  });

  it('end as cancelled with the run that is cancelled while one is under way', async () => {
    const awaitJob = async (): Promise<never> => {
      throw new CompleteAsyncError();
    };
    await withRun(env, { summary, activities: { awaitJob } }, async (handle) => {
      await viewUntil(handle, (view) => view.attempts?.[0]?.phase === 'running');
      await handle.cancel();
      await handle.result().catch(() => undefined);
      const view = await viewUntil(handle, ({ finishedAt }) => finishedAt !== null);
      expect(view.attempts?.[0]).toMatchObject({ phase: 'cancelled', finishedAt: view.finishedAt });
    });
  });
});

describe('the two budgets', () => {
  it('are apart: preemptions leave the one of the program untouched', async () => {
    const { activities, submitted } = ending(PREEMPTED, PREEMPTED, CRASHED);
    const retries = { infrastructure: 2, code: 1 };
    await withRun(env, { summary: { ...summary, retries }, activities }, async (handle) => {
      const view = await handle.result();
      expect(view.status).toBe('succeeded');
      expect(submitted).toHaveLength(4);
      expect(view.attempts?.map(({ cause }) => cause?.budget ?? null)).toEqual([
        'infrastructure',
        'infrastructure',
        'code',
        null,
      ]);
    });
  });

  it('are apart: faults of the program leave the one of the infrastructure untouched', async () => {
    const { activities, submitted } = ending(CRASHED, PREEMPTED);
    await withRun(
      env,
      { summary: { ...summary, retries: { infrastructure: 1, code: 1 } }, activities },
      async (handle) => {
        expect((await handle.result()).status).toBe('succeeded');
        expect(submitted).toHaveLength(3);
      },
    );
  });

  it.each([
    ['infrastructure', [PREEMPTED, CRASHED, PREEMPTED], 'TY_JOB_PREEMPTED'],
    ['code', [CRASHED, PREEMPTED, CRASHED], 'TY_JOB_EXIT_CODE'],
  ] as const)('each end the run when they are used up: %s', async (_budget, causes, code) => {
    const { activities, submitted } = ending(...causes);
    await withRun(
      env,
      { summary: { ...summary, retries: { infrastructure: 1, code: 1 } }, activities },
      async (handle) => {
        await handle.result().catch(() => undefined);
        const view = await viewUntil(handle, ({ finishedAt }) => finishedAt !== null);
        expect(view.error?.code).toBe(code);
        expect(submitted).toHaveLength(3);
        // Nothing comes after the last one.
        expect(view.attempts?.at(-1)).toMatchObject({ phase: 'failed', nextAt: null });
      },
    );
  });
});
