import { NativeConnection } from '@temporalio/worker';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { endProcesses, identify, type ProcessIdentity } from '../adapters/local/process.ts';
import { type DevServer, startDevServer } from '../adapters/temporal/dev-server.ts';
import { TrainyardError } from '../domain/errors.ts';
import type { Settings } from '../spec/settings.ts';
import { createLogger, installRuntime } from './logger.ts';
import { createPorts, type Ports } from './ports.ts';
import { runWorker } from './run-worker.ts';

export interface SessionOptions {
  /** Folder that keeps the server's database and logs. */
  readonly state: string;
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
  /** Port of Temporal's server; `null` = any free one. */
  readonly port: number | null;
  readonly ui: boolean;
}

/** A Temporal server and a worker in this process tree. */
export interface Session {
  readonly address: string;
  readonly namespace: string;
  readonly ui: string | null;
  readonly ports: Ports;
  /** Rejects when the worker or the server ends by itself; resolves after `stop`. */
  readonly ended: Promise<void>;
  /** Drains the worker and ends the server; with `services` the inference servers too. */
  stop(options: { readonly services: boolean }): Promise<void>;
}

const NAMESPACE = 'default';

/** Starts both; a server that a killed session left behind is ended first. */
export async function startSession(options: SessionOptions): Promise<Session> {
  const { state, settings, env } = options;
  await mkdir(state, { recursive: true });
  const logger = createLogger({ level: 'info', file: join(state, 'worker.log') });
  installRuntime(logger);
  const ports = createPorts(settings, env);
  await endLeftover(join(state, 'server.json'));
  const server = await startServer(options, ports);
  await rememberServer(join(state, 'server.json'), server.pid);

  const drain = new AbortController();
  const connection = await NativeConnection.connect({ address: server.address });
  let up: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    up = resolve;
  });
  const worker = runWorker({
    connection,
    namespace: NAMESPACE,
    deps: { ...ports, taskQueue: settings.taskQueue, author: settings.author },
    cache: ports.cache,
    logger,
    deployment: null,
    signal: drain.signal,
    onReady: up,
  });
  const ended = watchBoth(worker, server, drain.signal);
  await Promise.race([ready, ended]);
  await ports.serving.resume();
  return {
    address: server.address,
    namespace: NAMESPACE,
    ui: server.ui,
    ports,
    ended,
    stop: async ({ services }) => {
      drain.abort();
      await ended.catch(() => {});
      await connection.close();
      if (services) await ports.serving.stopAll();
      await server.stop();
      await rm(join(state, 'server.json'), { force: true });
    },
  };
}

async function startServer(options: SessionOptions, ports: Ports): Promise<DevServer> {
  if (ports.tools.temporal === null) {
    throw new TrainyardError('TY_TEMPORAL_MISSING', 'there is no Temporal server program on this machine', {
      where: 'TRAINYARD_TEMPORAL, the cache and PATH were searched',
    });
  }
  return await startDevServer({
    program: ports.tools.temporal,
    database: join(options.state, 'temporal.db'),
    log: join(options.state, 'temporal.log'),
    port: options.port,
    uiPort: null,
    ui: options.ui,
  });
}

async function watchBoth(worker: Promise<void>, server: DevServer, drained: AbortSignal): Promise<void> {
  const down = server.ended.then(() => {
    if (drained.aborted) return;
    throw new TrainyardError('TY_TEMPORAL_UNREACHABLE', 'the Temporal server has ended', {
      where: server.address,
    });
  });
  await Promise.race([worker, down]);
  await worker;
}

/** A killed session cannot stop its server; the next one does, if it is still the same process. */
async function endLeftover(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return;
  // Written by this module only.
  const identity = JSON.parse(text) as ProcessIdentity;
  await endProcesses([identity], 10);
  await rm(file, { force: true });
}

async function rememberServer(file: string, pid: number): Promise<void> {
  const identity = identify(pid);
  if (identity !== null) await writeFileAtomic(file, JSON.stringify(identity));
}
