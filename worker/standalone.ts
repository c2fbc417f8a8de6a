import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { TrainyardError } from '../domain/errors.ts';
import type { Settings } from '../spec/settings.ts';
import { createLogger, installRuntime } from './logger.ts';
import { createPorts, localDeps } from './ports.ts';
import { runWorker } from './run-worker.ts';
import { resumeServices } from './session.ts';

export interface StandaloneRequest {
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
  /** Name of the worker deployment; `null` = unversioned. */
  readonly deployment: string | null;
  /** Version of the package: the build id. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/** A worker against an existing Temporal server, until the signal. Logs go to standard error. */
export async function runStandalone(request: StandaloneRequest): Promise<void> {
  const { settings, env } = request;
  const logger = createLogger({ level: 'info', file: null });
  installRuntime(logger);
  const ports = createPorts(settings, env);
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
    await resumeServices(ports, logger);
    await runWorker({
      connection,
      namespace: settings.temporal.namespace ?? namespace ?? 'default',
      deps: localDeps(ports, settings),
      settings,
      env,
      cache: ports.cache,
      logger,
      deployment: request.deployment === null ? null : { name: request.deployment, buildId: request.version },
      signal: request.signal,
    });
  } finally {
    await connection.close();
  }
}
