import { connect } from 'node:net';
import { Connection } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { TrainyardError } from '../../domain/errors.ts';
import { unreachable } from './failures.ts';
import type { FoundSettings } from './settings-files.ts';
import type { ConnectOptions } from './types.ts';

/** Where to connect, and as whom. */
export interface Target {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly connection: Pick<ConnectionOptions, 'tls' | 'apiKey' | 'metadata'>;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Options > environment > running `dev` > settings > Temporal's own configuration file > defaults.
 * Certificates and keys come from Temporal's environment configuration, and are not sent to a `dev` server.
 */
export function chooseTarget(options: ConnectOptions, found: FoundSettings, env: Env): Target {
  const { settings, dev } = found;
  const address = options.address ?? settings.temporal.address;
  const namespace = options.namespace ?? settings.temporal.namespace;
  const taskQueue = options.taskQueue ?? settings.taskQueue;
  if (dev !== null && address === dev.address) {
    return { address, namespace: namespace ?? dev.namespace, taskQueue, connection: { tls: false } };
  }
  const configured = loadProfile(options.profile, env);
  const { tls, apiKey, metadata } = configured.connectionOptions;
  return {
    address: address ?? configured.connectionOptions.address ?? '127.0.0.1:7233',
    namespace: namespace ?? configured.namespace ?? 'default',
    taskQueue,
    connection: {
      ...(tls === undefined ? {} : { tls }),
      ...(typeof apiKey === 'string' ? { apiKey } : {}),
      ...(metadata === undefined ? {} : { metadata }),
    },
  };
}

/** Opens the connection; throws `TY_TEMPORAL_UNREACHABLE`. */
export async function openConnection(target: Target, timeoutMs: number): Promise<Connection> {
  try {
    await probe(target.address, timeoutMs);
    return await Connection.connect({
      address: target.address,
      ...target.connection,
      connectTimeout: timeoutMs,
    });
  } catch (error) {
    throw unreachable(target.address, error);
  }
}

/**
 * gRPC goes on trying an address where nobody listens until its time is up, and then does not say why. One plain
 * connection says it at once. Left out behind a proxy, where the address may not be reachable directly.
 */
async function probe(address: string, timeoutMs: number): Promise<void> {
  const found = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(address);
  const proxied = ['grpc_proxy', 'https_proxy', 'http_proxy'].some((name) => process.env[name]);
  if (found?.[1] === undefined || proxied) return;
  const socket = connect({ host: found[1], port: Number(found[2]), timeout: timeoutMs });
  try {
    await new Promise<void>((done, fail) => {
      socket.once('connect', () => done());
      socket.once('timeout', () => fail(new Error(`no answer within ${timeoutMs / 1000} s`)));
      socket.once('error', fail);
    });
  } finally {
    socket.destroy();
  }
}

function loadProfile(profile: string | undefined, env: Env): ReturnType<typeof loadClientConnectConfig> {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  try {
    return loadClientConnectConfig({ overrideEnvVars, ...(profile === undefined ? {} : { profile }) });
  } catch (error) {
    throw new TrainyardError(
      'TY_SETTINGS_INVALID',
      'the configuration of Temporal cannot be used',
      {
        where: env['TEMPORAL_CONFIG_FILE'] ?? 'TEMPORAL_* in the environment, or the configuration file of Temporal',
        why: error instanceof Error ? error.message : String(error),
        fix: 'mend the profile named above, or unset TEMPORAL_PROFILE and TEMPORAL_CONFIG_FILE',
      },
      error,
    );
  }
}
