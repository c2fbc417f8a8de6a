import { Client } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { WORKFLOW_TYPE } from '../../domain/messages.ts';
import { fakeActivities, summaryOf } from '../../test/support/fake-activities.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import type { Logger } from '../../worker/logger.ts';

/** What the engine alone costs, seconds a workflow, from start call to result. */
export interface EngineTimes {
  /** Seven empty activities in a bare workflow. */
  readonly sevenEmpty: readonly number[];
  /** The run's own workflow with activities that do nothing: nine activities and six search attribute upserts. */
  readonly emptyRun: readonly number[];
}

interface Case {
  readonly bundle: WorkflowBundleWithSourceMap | { readonly codePath: string };
  readonly activities: object;
  readonly type: string;
  readonly taskQueue: string;
}

/** Runs both workflows on the bench's own server, one after the other, in this process. */
export async function measureEngine(
  options: { readonly address: string; readonly cache: string; readonly logger: Logger },
  warmUps: number,
  runs: number,
): Promise<EngineTimes> {
  const connection = await NativeConnection.connect({ address: options.address });
  const client = new Client({ connection });
  const bare = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('empty-workflow.ts', import.meta.url)),
    logger: { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  const queue = `bench-engine-${randomUUID()}`;
  const measure = (one: Case): Promise<readonly number[]> => measureCase(connection, client, one, warmUps, runs);
  try {
    const sevenEmpty = await measure({
      bundle: bare,
      activities: { nothing: async () => {} },
      type: 'sevenEmpty',
      taskQueue: `${queue}-seven`,
    });
    const taskQueue = `${queue}-run`;
    const emptyRun = await measure({
      bundle: { codePath: await workflowBundle(options.cache, options.logger) },
      activities: fakeActivities(summaryOf(taskQueue)).activities,
      type: WORKFLOW_TYPE,
      taskQueue,
    });
    return { sevenEmpty, emptyRun };
  } finally {
    await connection.close();
  }
}

const ignore = (): void => {};

async function measureCase(
  connection: NativeConnection,
  client: Client,
  { bundle, activities, type, taskQueue }: Case,
  warmUps: number,
  runs: number,
): Promise<readonly number[]> {
  const worker = await Worker.create({ connection, taskQueue, workflowBundle: bundle, activities });
  const times: number[] = [];
  await worker.runUntil(async () => {
    for (let count = 0; count < warmUps + runs; count += 1) {
      const start = performance.now();
      await client.workflow.execute(type, { taskQueue, workflowId: `${taskQueue}-${count}`, args: [{}] });
      if (count >= warmUps) times.push((performance.now() - start) / 1000);
    }
  });
  return times;
}
