import { loadClientConnectConfig } from '@temporalio/envconfig';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { TrainyardError } from '../domain/errors.ts';
import type { Settings } from '../spec/settings.ts';
import { createLogger, installRuntime } from './logger.ts';
import { noticesOf } from './notices/start.ts';
import { createPorts, localDeps } from './ports.ts';
import { runWorker } from './run-worker.ts';
import { serveSites } from './serve-sites.ts';
import { resumeServices } from './session.ts';

export interface StandaloneRequest {
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
  /** Name of the worker deployment; `null` = unversioned. */
  readonly deployment: string | null;
  /** Sites to serve and nothing else; none = this machine's own, and every site whose workspace it sees. */
  readonly sites: readonly string[];
  /** Version of the package: the build id. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/** A worker against an existing Temporal server, until the signal. Logs go to standard error. */
export async function runStandalone(request: StandaloneRequest): Promise<void> {
  const { settings, env } = request;
  const logger = createLogger({ level: 'info', file: null });
  installRuntime(logger);
  requireKnown(request);
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const address = settings.temporal.address ?? connectionOptions.address ?? '127.0.0.1:7233';
  const connection = await NativeConnection.connect({ ...connectionOptions, address }).catch((error: unknown) => {
    throw new TrainyardError(
      'TY_TEMPORAL_UNREACHABLE',
      'the Temporal server does not answer',
      { where: address, why: error instanceof Error ? error.message : String(error) },
      error,
    );
  });
  try {
    const serving = {
      connection,
      namespace: settings.temporal.namespace ?? namespace ?? 'default',
      settings,
      env,
      logger,
      deployment: request.deployment === null ? null : { name: request.deployment, buildId: request.version },
      signal: request.signal,
    };
    if (request.sites.length > 0) {
      const client = new Client({ connection, namespace: serving.namespace });
      const notices = noticesOf({ ...serving, ui: null });
      const { taskQueue: workflowQueue, retention } = settings;
      const shared = { ...serving, client, notices, workflowQueue, retention };
      await serveSites({ ...shared, sites: request.sites, unsignedDecisions: false });
      return;
    }
    const ports = createPorts(settings, env);
    await resumeServices(ports, logger);
    await runWorker({ ...serving, deps: localDeps(ports, settings, false), cache: ports.cache });
  } finally {
    await connection.close();
  }
}

function requireKnown({ settings, sites }: StandaloneRequest): void {
  const known = Object.keys(settings.sites);
  const unknown = sites.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TrainyardError('TY_SPEC_SITE', `the settings have no site ${unknown}`, {
    where: '--site',
    why: known.length === 0 ? 'they have none at all' : `sites of the settings: ${known.toSorted().join(', ')}`,
  });
}
