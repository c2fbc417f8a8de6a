import { randomUUID } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endedRuns, freeSlot, handOutSlots, takeSlot } from '../../activities/slots.ts';
import { step } from '../../activities/step.ts';
import { jobProgressOf } from '../../client/sdk/job-progress.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { createLogger } from '../../worker/logger.ts';
import type { trainingRun } from '../../workflows/training-run.ts';
import { fakeActivities, summaryOf, verdictOf } from '../support/fake-activities.ts';
import { startTemporal, type TemporalEnv, testCache } from '../support/temporal-env.ts';
import { until } from '../support/until.ts';
import { type RunHandle, viewUntil } from './harness.ts';

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

interface Site {
  start(name: string): Promise<RunHandle>;
  /** Names of runs whose job runs. */
  readonly training: Set<string>;
  end(name: string): void;
  /** Most that ran at once. */
  most(): number;
}

/** Runs of one project, two of which may go on at once; their training ends when it is told to. */
async function withSite(check: (site: Site) => Promise<void>): Promise<void> {
  const taskQueue = `test-${randomUUID()}`;
  const project = `p-${randomUUID().slice(0, 8)}`;
  const training = new Set<string>();
  const ends = new Map<string, () => void>();
  let most = 0;
  const bind = <A extends unknown[], R>(work: (deps: unknown, scope: never, ...args: A) => Promise<R>) =>
    step((scope, ...args: A) => work({}, scope as never, ...args));
  const rules = { maxRuns: 2, maxRunsPerTemplate: null };
  const { activities } = fakeActivities(summaryOf(taskQueue), {
    resolve: async (input) => {
      const { name } = input as { readonly name: string };
      const slot = { project, template: name.split('-')[0] ?? name, rules };
      return summaryOf(taskQueue, { runId: name, stages: ['resolve', 'train'], slot });
    },
    awaitJob: async (job) => {
      training.add(job.runId);
      most = Math.max(most, training.size);
      await new Promise<void>((resolve) => ends.set(job.runId, resolve));
      training.delete(job.runId);
      return verdictOf(job);
    },
    conclude: async () =>
      await step(async (scope) => await freeSlot({}, scope, { slot: { project, template: '', rules } }))(),
    takeSlot: bind(takeSlot),
    freeSlot: bind(freeSlot),
  });
  const worker = await Worker.create({
    connection: env.native,
    taskQueue,
    workflowBundle: { codePath: await workflowBundle(testCache(), createLogger({ level: 'error', file: null })) },
    activities: { ...activities, handOutSlots: bind(handOutSlots), endedRuns: bind(endedRuns) },
    shutdownGraceTime: '1s',
  });
  await worker.runUntil(async () => {
    await check({
      start: async (name) =>
        await env.client.workflow.start<typeof trainingRun>('trainingRun', {
          taskQueue,
          workflowId: `run-${name}-${project}`,
          args: [{ name }],
        }),
      training,
      end: (name) => ends.get(name)?.(),
      most: () => most,
    });
  });
}

describe('a project that lets two runs go on at once', () => {
  it('takes the next of them when one ends or is cancelled, and says why one waits', async () => {
    await withSite(async ({ start, training, end, most }) => {
      await start('a-1');
      const second = await start('a-2');
      await until(() => training.size === 2);
      const third = await start('a-3');
      const other = await start('b-1');
      await until(async () => {
        const progress = await jobProgressOf(env.client, await third.describe());
        return progress?.reason?.startsWith('2 of 2 runs of project') === true;
      });
      expect(training).toEqual(new Set(['a-1', 'a-2']));
      // The other template comes first, though it asked later.
      end('a-1');
      await until(() => training.has('b-1'));
      expect(training.has('a-3')).toBe(false);
      await second.cancel();
      await until(() => training.has('a-3'));
      end('a-2');
      end('b-1');
      end('a-3');
      expect((await other.result()).status).toBe('succeeded');
      expect((await third.result()).status).toBe('succeeded');
      expect(most()).toBeLessThanOrEqual(3);
    });
  });

  it('lets a waiting run be cancelled, and forgets it', async () => {
    await withSite(async ({ start, training, end }) => {
      await start('a-1');
      await start('a-2');
      await until(() => training.size === 2);
      const third = await start('a-3');
      await viewUntil(third, ({ stages }) => stages[0]?.status === 'done');
      const fourth = await start('a-4');
      await third.cancel();
      await expect(third.result()).rejects.toThrow();
      end('a-1');
      await until(() => training.has('a-4'));
      end('a-2');
      end('a-4');
      expect((await fourth.result()).status).toBe('succeeded');
    });
  });
});
