import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { TrainyardActivities } from '../../domain/activities.ts';
import type { PlanSummary } from '../../domain/plan.ts';
import type { RunOptions } from '../../domain/rerun.ts';
import type { trainingRun } from '../../workflows/training-run.ts';
import { createLogger } from '../../worker/logger.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { fakeActivities, summaryOf } from '../support/fake-activities.ts';
import { type TemporalEnv, testCache } from '../support/temporal-env.ts';

export type RunHandle = WorkflowHandle<typeof trainingRun>;

export interface Scenario {
  readonly summary?: Partial<PlanSummary>;
  readonly activities?: Partial<TrainyardActivities>;
  /** Second argument of the workflow; its spec is then `null`. */
  readonly options?: RunOptions;
}

/** Stops the worker while something is done, and starts another one then. */
export type WithoutWorker = (done: () => Promise<void>) => Promise<void>;

/** Runs one workflow over fake activities on a queue of its own. */
export async function withRun<T>(
  env: TemporalEnv,
  scenario: Scenario,
  check: (handle: RunHandle, calls: readonly string[], withoutWorker: WithoutWorker) => Promise<T>,
): Promise<T> {
  const taskQueue = `test-${randomUUID()}`;
  const { calls, activities } = fakeActivities(summaryOf(taskQueue, scenario.summary), scenario.activities);
  const codePath = await workflowBundle(testCache(), createLogger({ level: 'error', file: null }));
  const start = () => startWorker({ env, taskQueue, codePath, activities: { ...activities } });
  let worker = await start();
  try {
    const handle: RunHandle = await env.client.workflow.start<typeof trainingRun>('trainingRun', {
      taskQueue,
      workflowId: `run-${randomUUID()}`,
      args: scenario.options === undefined ? [{ name: 'digits' }] : [null, scenario.options],
    });
    return await check(handle, calls, async (done) => {
      await worker.stop();
      await done();
      worker = await start();
    });
  } finally {
    await worker.stop();
  }
}

interface Running {
  stop(): Promise<void>;
}

async function startWorker(options: {
  readonly env: TemporalEnv;
  readonly taskQueue: string;
  readonly codePath: string;
  readonly activities: Record<string, (...args: never[]) => unknown>;
}): Promise<Running> {
  const { env, ...rest } = options;
  const worker = await Worker.create({
    connection: env.native,
    taskQueue: rest.taskQueue,
    workflowBundle: { codePath: rest.codePath },
    activities: rest.activities,
    shutdownGraceTime: '1s',
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
  });
  const running = worker.run();
  return {
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    },
  };
}

/** Waits until the view says so; polls the query, at most ten seconds. */
export async function viewUntil(
  handle: RunHandle,
  holds: (view: Awaited<ReturnType<typeof trainingRun>>) => boolean,
): Promise<Awaited<ReturnType<typeof trainingRun>>> {
  for (let tries = 0; tries < 200; tries += 1) {
    const view = await handle.query<Awaited<ReturnType<typeof trainingRun>>>('view');
    if (holds(view)) return view;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the run never came to that state');
}
