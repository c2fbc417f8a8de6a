import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { ActivityDeps } from '../activities/deps.ts';
import type { Settings } from '../spec/settings.ts';
import { workflowBundle } from './bundle.ts';
import { claimCurrentVersion, type Deployment } from './current-version.ts';
import { ensureSearchAttributes } from './ensure-search-attributes.ts';
import type { Logger } from './logger.ts';
import { noticesOf } from './notices/start.ts';
import { runUntil, serveQueue } from './serve-queue.ts';
import { serveSites, sitesHere } from './serve-sites.ts';

export interface RunWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** What this machine's own site needs. */
  readonly deps: ActivityDeps;
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
  readonly cache: string;
  readonly logger: Logger;
  /** Temporal's page, for links; left out, what the environment says. */
  readonly ui?: string | null;
  /** Deployment name for versioned workers; `null` = unversioned, as `dev`, `demo` and tests use. */
  readonly deployment: Deployment | null;
  /** Aborting drains the worker: no new tasks, running ones get ten seconds. */
  readonly signal: AbortSignal;
  readonly onReady?: () => void;
}

/** Runs workflows, activities and the watchers of all sites until the signal. */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const { connection, namespace, deps, logger, signal } = options;
  const [bundle] = await Promise.all([
    workflowBundle(options.cache, logger),
    ensureSearchAttributes(connection, namespace),
  ]);
  const client = new Client({ connection, namespace });
  const notices = noticesOf({ ...options, ui: options.ui ?? null });
  const { retention } = options.settings;
  const common = { connection, namespace, client, logger, notices, retention };
  const shared = { ...common, workflowQueue: deps.taskQueue, deployment: options.deployment };
  const queue = await serveQueue({ ...shared, deps, bundle });
  const over = new AbortController();
  let others: Promise<unknown> = Promise.resolve();
  try {
    await runUntil(queue, signal, () => {
      logger.info({ taskQueue: deps.taskQueue, namespace }, 'worker is up');
      options.onReady?.();
      const { settings, env } = options;
      const ends = AbortSignal.any([signal, over.signal]);
      const sites = serveSites({
        ...shared,
        settings,
        env,
        sites: sitesHere(settings),
        unsignedDecisions: deps.unsignedDecisions,
        signal: ends,
      });
      others = Promise.all([claim(options, over.signal), sites]);
    });
  } finally {
    over.abort();
    await others;
  }
}

async function claim(options: RunWorkerOptions, signal: AbortSignal): Promise<void> {
  const { deployment } = options;
  if (deployment !== null) await claimCurrentVersion({ ...options, deployment, signal });
}
