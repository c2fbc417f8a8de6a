import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import type { ActivityDeps } from '../activities/deps.ts';
import { createJanitor } from '../activities/janitor.ts';
import type { Retention } from '../domain/retention.ts';
import type { Deployment } from './current-version.ts';
import { keepJanitor } from './keep-janitor.ts';
import type { Logger } from './logger.ts';
import type { StartNotices } from './notices/start.ts';
import { createRunStates } from './run-states.ts';
import { watchJobs } from './watch-jobs.ts';

export interface ServeQueueOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly client: Client;
  readonly deps: ActivityDeps;
  readonly logger: Logger;
  readonly deployment: Deployment | null;
  readonly notices: StartNotices;
  /** How long the workspace keeps what runs leave. */
  readonly retention: Retention;
  /** Queue of the workers that run workflows. */
  readonly workflowQueue: string;
  /** Path of the workflow bundle; `null` = activities only. */
  readonly bundle: string | null;
}

/** One task queue: a worker, and the watcher of the site behind it. */
export interface ServedQueue {
  /** Takes tasks until `stop`; then what runs gets ten seconds. */
  run(): Promise<void>;
  stop(): void;
  /** After `run` has ended. */
  close(): Promise<void>;
}

/** Runs a queue until the signal, then closes it; `up` is called once it takes tasks. */
export async function runUntil(queue: ServedQueue, signal: AbortSignal, up: () => void): Promise<void> {
  const stop = (): void => queue.stop();
  try {
    const running = queue.run();
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    up();
    await running;
  } finally {
    signal.removeEventListener('abort', stop);
    await queue.close();
  }
}

/** A worker that is ready to run and a watcher that watches already. */
export async function serveQueue(options: ServeQueueOptions): Promise<ServedQueue> {
  const { connection, namespace, client, deps, logger } = options;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: deps.taskQueue,
    ...(options.bundle === null ? {} : { workflowBundle: { codePath: options.bundle } }),
    activities: { ...createActivities(deps), ...janitorOf(options) },
    // A run that waits is picked up from its history, which is short: a cache of thousands would only cost memory.
    maxCachedWorkflows: 50,
    maxConcurrentActivityTaskExecutions: 50,
    maxConcurrentWorkflowTaskExecutions: 20,
    // A cancel travels with a heartbeat's answer: this bounds how late it is seen.
    maxHeartbeatThrottleInterval: '2s',
    defaultHeartbeatThrottleInterval: '2s',
    shutdownGraceTime: '10s',
    shutdownForceTime: '20s',
    ...(options.deployment === null ? {} : { workerDeploymentOptions: versioned(options.deployment) }),
  });
  const watch = await watchJobs(client, deps.jobs, deps, logger);
  const janitor = keepJanitor({ client, logger, workflowQueue: options.workflowQueue, siteQueue: deps.taskQueue });
  const notices = options.notices(deps.workspace.root);
  return {
    run: () => worker.run(),
    stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    },
    async close() {
      await Promise.all([watch.stop(), janitor.stop(), notices.stop()]);
    },
  };
}

function janitorOf({ client, deps, logger, retention }: ServeQueueOptions) {
  const { jobs, workspace, git } = deps;
  const runs = createRunStates(client);
  return {
    ...createJanitor({ jobs, workspace, git, runs, retention, note: (facts, text) => logger.warn(facts, text) }),
  };
}

function versioned(deployment: Deployment) {
  return {
    version: { deploymentName: deployment.name, buildId: deployment.buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'AUTO_UPGRADE',
  } as const;
}
