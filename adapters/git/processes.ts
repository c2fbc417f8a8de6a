import { readFile, readdir } from 'node:fs/promises';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Every process of an operation inherits this variable, so that it is found again whoever started it. */
export const MARK = 'TRAINYARD_GIT_OPERATION';

const GRACE_MS = 2_000;
const POLL_MS = 25;

/** A process, safe against the number being given to another one later. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks after boot; empty where the system does not tell. */
  readonly start: string;
  /** Machine, boot and pid namespace: `pid` means something only there. */
  readonly host: string;
}

export function thisProcess(): ProcessId {
  return { pid: process.pid, start: startOf(process.pid) ?? '', host: thisHost() };
}

/** `null` when it runs on another machine and only time can tell. */
export function isAlive(id: ProcessId): boolean | null {
  if (id.host !== thisHost()) return null;
  if (!answers(id.pid)) return false;
  const start = startOf(id.pid);
  return start === null || id.start === '' || start === id.start;
}

/** Ends all processes of an operation: TERM, then KILL; resolves when none is left. */
export async function endMarked(operation: string): Promise<void> {
  const deadline = Date.now() + GRACE_MS;
  for (let first = true; ; first = false) {
    const pids = await findMarked(operation);
    if (pids.length === 0) return;
    if (first) kill(pids, 'SIGTERM');
    else if (Date.now() > deadline) kill(pids, 'SIGKILL');
    if (Date.now() > deadline + GRACE_MS) return;
    await sleep(POLL_MS);
  }
}

/** Processes of an operation that are still there; always empty where there is no /proc. */
export async function findMarked(operation: string): Promise<readonly number[]> {
  const wanted = `${MARK}=${operation}\0`;
  const names = await readdir('/proc').catch(() => []);
  const found: number[] = [];
  for (const name of names) {
    if (!/^[0-9]+$/.test(name) || name === String(process.pid)) continue;
    const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
    if (`\0${environment}`.includes(`\0${wanted}`)) found.push(Number(name));
  }
  return found;
}

function kill(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself between the listing and now.
    }
  }
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The program's name may hold spaces and brackets; the fixed fields begin after the last bracket.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

let host: string | undefined;

function thisHost(): string {
  host ??= [hostname(), readOr('/proc/sys/kernel/random/boot_id'), linkOr('/proc/self/ns/pid')].join('/');
  return host;
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}

function linkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
