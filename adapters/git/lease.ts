import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endMarked, isAlive, thisProcess } from './processes.ts';
import type { ProcessId } from './processes.ts';

/** Longest time a holder on another machine may be silent, ms. */
const SILENT_MS = 60_000;
const BEAT_MS = 10_000;
const BREAK_MS = 10_000;

interface Lease extends ProcessId {
  readonly operation: string;
  readonly nonce: string;
}

/**
 * Runs the body while holding a lock file, alone in this process and among all that share the folder.
 * A lease whose process is dead is broken: what it left running is ended, and the body is told, so that
 * it can clean up.
 */
export async function withLease<T>(
  path: string,
  operation: string,
  signal: AbortSignal,
  body: (broken: boolean) => Promise<T>,
): Promise<T> {
  return await inTurn(path, signal, async () => {
    const lease: Lease = { ...thisProcess(), operation, nonce: randomUUID() };
    const broken = await acquire(path, lease, signal);
    const beat = setInterval(() => void touch(path), BEAT_MS);
    beat.unref();
    try {
      return await body(broken);
    } finally {
      clearInterval(beat);
      if ((await readLease(path))?.nonce === lease.nonce) await rm(path, { force: true });
    }
  });
}

/** Whether a lease is held by nobody any more: its process died. */
export async function isAbandoned(path: string): Promise<boolean> {
  return (await deadLease(path)) !== null;
}

const queues = new Map<string, Promise<void>>();

/** Within the process the waiting is a queue, so that the next one starts without a poll. */
async function inTurn<T>(key: string, signal: AbortSignal, body: () => Promise<T>): Promise<T> {
  const before = queues.get(key) ?? Promise.resolve();
  const { promise: done, resolve: release } = Promise.withResolvers<void>();
  const tail = before.then(() => done);
  queues.set(key, tail);
  void tail.then(() => {
    if (queues.get(key) === tail) queues.delete(key);
  });
  try {
    await orAborted(before, signal);
    return await body();
  } finally {
    release();
  }
}

async function orAborted(waited: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([waited, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function acquire(path: string, lease: Lease, signal: AbortSignal): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  let broken = false;
  for (let wait = 10; ; wait = Math.min(wait * 2, 250)) {
    signal.throwIfAborted();
    if (await create(path, JSON.stringify(lease))) return broken;
    if (await breakDead(path)) broken = true;
    else await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
}

/** Creates a file with its content in one step: nobody reads a half. */
async function create(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, text, { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft);
  }
}

/** Removes a dead holder's lease. A second lock lets only one do so, and looks again under it. */
async function breakDead(path: string): Promise<boolean> {
  const dead = await deadLease(path);
  if (dead === null) return false;
  const guard = `${path}.break`;
  if (!(await create(guard, ''))) {
    const age = await ageOf(guard);
    if (age !== null && age > BREAK_MS) await rm(guard, { force: true });
    return false;
  }
  try {
    const again = await deadLease(path);
    if (again === null || again.nonce !== dead.nonce) return false;
    await endMarked(again.operation);
    await rm(path, { force: true });
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

async function deadLease(path: string): Promise<Lease | null> {
  const lease = await readLease(path);
  if (lease === null) return null;
  const alive = isAlive(lease);
  if (alive !== null) return alive ? null : lease;
  const age = await ageOf(path);
  return age !== null && age > SILENT_MS ? lease : null;
}

/** A file that cannot be read as a lease counts as one whose process is long gone. */
async function readLease(path: string): Promise<Lease | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'nonce' in value && 'pid' in value) return value as Lease;
  } catch {
    // Falls through: cut off by a full disk or a crash of the machine.
  }
  return { pid: 2 ** 30, start: '', host: thisProcess().host, operation: '', nonce: text };
}

async function ageOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found === null ? null : Date.now() - found.mtimeMs;
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}
