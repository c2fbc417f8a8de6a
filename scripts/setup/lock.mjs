import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const OWNER = 'owner.json';
const CHILD = 'child.json';
const held = new Set();

/** False for pids that no process has. A process of another user counts as alive. */
export function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Tells a process from a later one of the same pid; empty where the system does not say. */
function startedAt(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function describe(pid) {
  return JSON.stringify({ pid, started: startedAt(pid) });
}

function readProcess(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function isRunning(known) {
  return isAlive(known.pid) && known.started === startedAt(known.pid);
}

function readOwner(path) {
  return readProcess(join(path, OWNER));
}

function isStale(owner) {
  return owner === null || !isRunning(owner);
}

/** A lock is a folder that holds its owner's pid, renamed in whole: it is never seen without an owner. */
function tryTake(path) {
  const mine = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  mkdirSync(mine, { recursive: true });
  writeFileSync(join(mine, OWNER), describe(process.pid));
  try {
    renameSync(mine, path);
    held.add(path);
    return true;
  } catch {
    rmSync(mine, { recursive: true, force: true });
    return false;
  }
}

function breakStale(path) {
  const aside = `${path}.stale.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  // Another breaker may have been quicker, and this may be its fresh lock: give that one back.
  const owner = readOwner(aside);
  if (owner !== null && !isStale(owner)) {
    try {
      renameSync(aside, path);
      return;
    } catch {
      // A third process holds the lock by now; two downloads at once end in the same file.
    }
  }
  endOrphan(aside);
  rmSync(aside, { recursive: true, force: true });
}

/** An installer whose setup was killed may still be writing; nobody waits for it any more. */
function endOrphan(lock) {
  const child = readProcess(join(lock, CHILD));
  if (child !== null && isRunning(child)) process.kill(child.pid, 'SIGTERM');
}

/** Remembers the program that works under the locks of this process. */
export function noteChild(pid) {
  if (pid === undefined) return;
  for (const path of held) writeFileSync(join(path, CHILD), describe(pid));
}

/**
 * Runs `work` while no other process does. A lock whose owner is dead is broken.
 * @param {(pid: number) => void} [onWait] called once when another process holds it
 * @param {number} [interval] milliseconds between two tries
 */
export async function withLock(path, work, onWait = () => {}, interval = 300) {
  mkdirSync(join(path, '..'), { recursive: true });
  let told = false;
  while (!tryTake(path)) {
    const owner = readOwner(path);
    if (isStale(owner)) {
      breakStale(path);
      continue;
    }
    if (!told) onWait(owner.pid);
    told = true;
    await sleep(interval);
  }
  try {
    return await work();
  } finally {
    release(path);
  }
}

function release(path) {
  held.delete(path);
  rmSync(path, { recursive: true, force: true });
}

export function releaseLocks() {
  for (const path of held) release(path);
}
