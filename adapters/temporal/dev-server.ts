import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { dirname } from 'node:path';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { TrainyardError } from '../../domain/errors.ts';
import { SEARCH_ATTRIBUTES } from '../../domain/messages.ts';

export interface DevServerOptions {
  /** The `temporal` program. */
  readonly program: string;
  /** SQLite file that keeps the state. */
  readonly database: string;
  readonly log: string;
  /** `null` = any free port. */
  readonly port: number | null;
  readonly uiPort: number | null;
  /** False: no web page. */
  readonly ui: boolean;
  /** Called as soon as there is a process, long before it answers. */
  readonly onSpawn?: (pid: number) => void;
}

export interface DevServer {
  readonly pid: number;
  readonly address: string;
  readonly ui: string | null;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** TERM, ten seconds, KILL. */
  stop(): Promise<void>;
}

const START_MS = 30_000;

/** Starts a Temporal dev server that keeps its state in a file, on loopback only. */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const port = options.port ?? (await freePort());
  const uiPort = options.ui ? (options.uiPort ?? (await freePort())) : null;
  mkdirSync(dirname(options.database), { recursive: true });
  mkdirSync(dirname(options.log), { recursive: true });
  const log = openSync(options.log, 'a');
  const child = spawn(options.program, serverArguments(options, port, uiPort), {
    stdio: ['ignore', log, log],
    // Ctrl-C in a terminal goes to the whole foreground group; the server must outlive the worker's drain.
    detached: true,
  });
  closeSync(log);
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  await once(child, 'spawn').catch((error: unknown) => {
    throw new TrainyardError(
      'TY_TEMPORAL_MISSING',
      'the Temporal server cannot be started',
      { where: options.program, why: String(error) },
      error,
    );
  });
  const ended = once(child, 'exit').then(() => {});
  try {
    await waitForPort(port, child);
  } catch (error) {
    await stop(child, ended);
    throw new TrainyardError(
      'TY_TEMPORAL_UNREACHABLE',
      'the Temporal server did not come up',
      { where: options.log, why: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
  return {
    pid: child.pid ?? 0,
    address: `127.0.0.1:${port}`,
    ui: uiPort === null ? null : `http://127.0.0.1:${uiPort}`,
    ended,
    stop: () => stop(child, ended),
  };
}

function serverArguments(options: DevServerOptions, port: number, uiPort: number | null): string[] {
  return [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${port}`,
    `--db-filename=${options.database}`,
    '--log-level=error',
    // Measured: a third of the latency of seven empty activities.
    '--dynamic-config-value=system.enableActivityEagerExecution=true',
    // As it comes, the queue of new tasks is read 20 times a second: runs that do much at once wait for their turn.
    '--dynamic-config-value=history.transferProcessorMaxPollRPS=1000',
    // Measured: half of what is left. A killed server loses nothing; a power cut may lose the last moments.
    '--sqlite-pragma=journal_mode=WAL',
    '--sqlite-pragma=synchronous=NORMAL',
    ...(uiPort === null ? ['--headless'] : ['--ui-ip=127.0.0.1', `--ui-port=${uiPort}`]),
    ...Object.values(SEARCH_ATTRIBUTES).map((name) => `--search-attribute=${name}=Keyword`),
  ];
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(kill);
}

async function waitForPort(port: number, child: ChildProcess): Promise<void> {
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
    if (await answers(port)) return;
    await delay(50);
  }
  throw new Error(`nothing listened on port ${port} within ${START_MS / 1000} s`);
}

async function answers(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port });
  return await new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).then((result) => {
    socket.destroy();
    return result === true;
  });
}

/** The port if nothing listens on it; else any free one. */
export async function portOrFree(wanted: number): Promise<number> {
  return await freePort(wanted).catch(() => freePort());
}

/** A port of loopback that was free a moment ago. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
