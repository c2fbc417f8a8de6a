import { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import type { ActivityDeps } from '../activities/deps.ts';
import { workflowBundle } from './bundle.ts';
import { claimCurrentVersion, type Deployment } from './current-version.ts';
import { ensureSearchAttributes } from './ensure-search-attributes.ts';
import type { Logger } from './logger.ts';
import { sweepJobs } from './sweep-jobs.ts';
import { watchJobs } from './watch-jobs.ts';

export interface RunWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly deps: ActivityDeps;
  readonly cache: string;
  readonly logger: Logger;
  /** Deployment name for versioned workers; `null` = unversioned, as `dev`, `demo` and tests use. */
  readonly deployment: Deployment | null;
  /** Aborting drains the worker: no new tasks, running ones get ten seconds. */
  readonly signal: AbortSignal;
  readonly onReady?: () => void;
}

/** Runs workflows, activities and the site's watcher until the signal. */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const { connection, namespace, deps, logger } = options;
  const [bundle] = await Promise.all([
    workflowBundle(options.cache, logger),
    ensureSearchAttributes(connection, namespace),
  ]);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: deps.taskQueue,
    workflowBundle: { codePath: bundle },
    activities: { ...createActivities(deps) },
    maxCachedWorkflows: 200,
    maxConcurrentActivityTaskExecutions: 50,
    maxConcurrentWorkflowTaskExecutions: 20,
    // A cancel travels with a heartbeat's answer: this bounds how late it is seen.
    maxHeartbeatThrottleInterval: '2s',
    defaultHeartbeatThrottleInterval: '2s',
    shutdownGraceTime: '10s',
    shutdownForceTime: '20s',
    ...(options.deployment === null ? {} : { workerDeploymentOptions: versioned(options.deployment) }),
  });
  const client = new Client({ connection, namespace });
  const watch = await watchJobs(client, deps.jobs, deps.workspace, logger);
  const sweep = sweepJobs({ client, jobs: deps.jobs, workspace: deps.workspace, logger });
  const stop = (): void => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const over = new AbortController();
  let claimed: Promise<void> = Promise.resolve();
  try {
    const running = worker.run();
    if (options.signal.aborted) stop();
    else options.signal.addEventListener('abort', stop, { once: true });
    logger.info({ taskQueue: deps.taskQueue, namespace }, 'worker is up');
    options.onReady?.();
    claimed = claim(options, over.signal);
    await running;
  } finally {
    options.signal.removeEventListener('abort', stop);
    over.abort();
    await Promise.all([claimed, watch.stop(), sweep.stop()]);
  }
}

async function claim(options: RunWorkerOptions, signal: AbortSignal): Promise<void> {
  const { deployment } = options;
  if (deployment !== null) await claimCurrentVersion({ ...options, deployment, signal });
}

function versioned(deployment: Deployment) {
  return {
    version: { deploymentName: deployment.name, buildId: deployment.buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'AUTO_UPGRADE',
  } as const;
}
