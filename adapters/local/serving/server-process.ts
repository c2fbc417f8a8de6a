import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrainyardError } from '../../../domain/errors.ts';
import { siteEnvironment } from '../environment.ts';
import { markedProcesses } from '../process-table.ts';
import { endGroups, identify, isAlive } from '../process.ts';
import type { ProcessIdentity } from '../process.ts';
import type { Running, Served } from './state.ts';

/** Whose server it is: by these marks a later worker knows it, also when it was started and never written down. */
const FOLDER_MARK = 'TRAINYARD_SERVICE_FOLDER';
const VERSION_MARK = 'TRAINYARD_SERVICE_VERSION';

/** TERM to KILL, seconds: the server itself gives open requests one. */
const STOP_GRACE = 3;

export interface ServerPlace {
  readonly service: string;
  /** `published/<service>`, absolute. */
  readonly folder: string;
  readonly port: number;
}

export interface ServerHost {
  /** PATH whose first `python3` has the inference server. */
  readonly path: string;
  /** Folder that holds `local_server.py`. */
  readonly assets: string;
}

/** Starts the server as the leader of its own process group, so that it outlives the worker. */
export async function startServer(host: ServerHost, place: ServerPlace, served: Served): Promise<Running> {
  await mkdir(dirname(served.log), { recursive: true });
  const log = await open(served.log, 'a');
  const argv = ['--model-dir', served.directory, '--name', served.model, '--port', String(place.port)];
  try {
    const child = spawn('python3', [join(host.assets, 'local_server.py'), ...argv], {
      cwd: place.folder,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: {
        ...siteEnvironment(process.env, host.path),
        PYTHONUNBUFFERED: '1',
        TRAINYARD_SERVICE: place.service,
        [FOLDER_MARK]: place.folder,
        [VERSION_MARK]: served.version,
      },
    });
    child.unref();
    await once(child, 'spawn');
    const identity = child.pid === undefined ? null : identify(child.pid);
    // Ended before it could be looked at: nobody has the pid 0.
    return { ...(identity ?? { pid: 0, started: '' }), version: served.version };
  } catch (error) {
    throw new TrainyardError('TY_SERVE_NO_RUNTIME', 'the inference server could not be started', {
      where: `service ${place.service}`,
      why: error instanceof Error ? error.message : String(error),
    });
  } finally {
    await log.close();
  }
}

/** Every server of the service, recorded or not, of any version. */
export function findServers(folder: string, recorded: Running | null): readonly ProcessIdentity[] {
  const pids = new Set(markedProcesses(FOLDER_MARK, folder));
  if (recorded !== null && isAlive(recorded)) pids.add(recorded.pid);
  return [...pids].map(identify).filter((identity) => identity !== null);
}

/** The server of one version that runs; the recorded one first. */
export function findServer(folder: string, version: string, recorded: Running | null): Running | null {
  if (recorded?.version === version && isAlive(recorded)) return recorded;
  const ofFolder = markedProcesses(FOLDER_MARK, folder);
  const ofVersion = new Set(markedProcesses(VERSION_MARK, version));
  for (const pid of ofFolder) {
    const identity = ofVersion.has(pid) ? identify(pid) : null;
    if (identity !== null) return { ...identity, version };
  }
  return null;
}

/** Ends servers: TERM, then KILL. Throws when one of them outlives even that. */
export async function endServers(folder: string, servers: readonly ProcessIdentity[]): Promise<void> {
  if (servers.length === 0 || (await endGroups(servers, STOP_GRACE))) return;
  throw new TrainyardError('TY_SERVE_NOT_READY', 'the old server does not end', {
    where: folder,
    why: `processes ${servers.map(({ pid }) => pid).join(', ')} are still there after SIGKILL`,
    fix: 'end them by hand, then retry',
  });
}

/** Ends every server of the service, recorded or not. */
export async function endAllServers(folder: string, recorded: Running | null): Promise<void> {
  await endServers(folder, findServers(folder, recorded));
}

export async function logSize(file: string): Promise<number> {
  const info = await stat(file).catch(() => null);
  return info?.size ?? 0;
}

/** The log's last lines written after `offset`, without control characters. */
export async function logTail(file: string, offset: number, lines: number): Promise<readonly string[]> {
  const end = await logSize(file);
  const start = Math.max(offset, end - 8192);
  if (end <= start) return [];
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return [];
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    const text = buffer.toString('utf8', 0, bytesRead).replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '');
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-lines);
  } finally {
    await handle.close();
  }
}
