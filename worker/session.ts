import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import writeFileAtomic from 'write-file-atomic';
import { endProcesses, identify, isAlive, type ProcessIdentity } from '../adapters/local/process.ts';
import { type DevServer, startDevServer } from '../adapters/temporal/dev-server.ts';
import { toReport, TrainyardError } from '../domain/errors.ts';
import type { Settings } from '../spec/settings.ts';
import { connectServer } from './connect-server.ts';
import { keepHistory } from './keep-history.ts';
import { createLogger, installRuntime, type Logger } from './logger.ts';
import { createPorts, localDeps, type Ports } from './ports.ts';
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

/** Starts both; a server that a killed session left behind is ended first. Throws `TY_CLI_USAGE` beside another session. */
export async function startSession(options: SessionOptions): Promise<Session> {
  const { state, settings, env } = options;
  await mkdir(state, { recursive: true });
  const logger = createLogger({ level: 'info', file: join(state, 'worker.log') });
  const ports = createPorts(settings, env);
  await endLeftover(join(state, 'server.json'));
  const server = await startServer(options, ports);
  try {
    return await startBeside(server, options, ports, logger);
  } catch (error) {
    // It is nobody's child: without this it would stay.
    await endServer(server, state);
    throw error;
  }
}

/** The worker beside a server that runs. When it cannot start, what it began has ended. */
async function startBeside(
  server: DevServer,
  { state, settings, env }: SessionOptions,
  ports: Ports,
  logger: Logger,
): Promise<Session> {
  const drain = new AbortController();
  installRuntime(logger);
  const connection = await connectServer(server.address, NAMESPACE);
  let up: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    up = resolve;
  });
  const worker = runWorker({
    connection,
    namespace: NAMESPACE,
    deps: localDeps(ports, settings, true),
    settings,
    env,
    cache: ports.cache,
    logger,
    deployment: null,
    ui: server.ui,
    signal: drain.signal,
    onReady: up,
  });
  const ended = watchBoth(worker, server, drain.signal);
  // Not `ended`, which a dead server ends while the worker still holds the connection.
  const drained = async (): Promise<void> => {
    drain.abort();
    await worker.catch(() => {});
    // What stays open in the way of it ends with the process; the server and the services have to end now.
    await connection.close().catch(() => {});
  };
  try {
    await Promise.race([ready, ended]);
  } catch (error) {
    await drained();
    throw error;
  }
  await Promise.all([resumeServices(ports, logger), keepHistory(connection, NAMESPACE, logger)]);
  return {
    address: server.address,
    namespace: NAMESPACE,
    ui: server.ui,
    ports,
    ended,
    stop: async ({ services }) => {
      await drained();
      if (services) await ports.serving.stopAll();
      await endServer(server, state);
    },
  };
}

/** A service that cannot come back keeps no run from going on. */
export async function resumeServices(ports: Ports, logger: Logger): Promise<void> {
  await ports.serving.resume().catch((error: unknown) => {
    logger.warn({ error: toReport(error) }, 'a service did not come back');
  });
}

async function endServer(server: DevServer, state: string): Promise<void> {
  await server.stop();
  await rm(join(state, 'server.json'), { force: true });
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
    // At once, not when it answers: a session killed meanwhile must not leave a server that nobody knows.
    onSpawn: (pid) => rememberServer(join(options.state, 'server.json'), pid),
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

/** The server, and the session that will stop it. */
interface KeptServer extends ProcessIdentity {
  readonly owner?: ProcessIdentity | null;
}

/** A killed session cannot stop its server; the next one does, if it is still the same process. Throws for one in use. */
async function endLeftover(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return;
  // Written by this module only.
  const { pid, started, owner } = JSON.parse(text) as KeptServer;
  if (owner && owner.pid !== process.pid && isAlive(owner)) {
    throw new TrainyardError('TY_CLI_USAGE', 'Trainyard runs in this folder already', {
      where: file,
      why: `process ${owner.pid} started the server in it`,
      fix: `kill ${owner.pid}`,
    });
  }
  await endProcesses([{ pid, started }], 10);
  await rm(file, { force: true });
}

function rememberServer(file: string, pid: number): void {
  const identity = identify(pid);
  if (identity === null) return;
  const kept: KeptServer = { ...identity, owner: identify(process.pid) };
  writeFileAtomic.sync(file, JSON.stringify(kept));
}
