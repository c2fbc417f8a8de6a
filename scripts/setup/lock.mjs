import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

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

function readOwner(path) {
  try {
    return JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8'));
  } catch {
    return null;
  }
}

function isStale(owner) {
  return owner === null || !isAlive(owner.pid) || owner.started !== startedAt(owner.pid);
}

/** A lock is a folder that holds its owner's pid, renamed in whole: it is never seen without an owner. */
function tryTake(path) {
  const mine = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  mkdirSync(mine, { recursive: true });
  writeFileSync(join(mine, 'owner.json'), JSON.stringify({ pid: process.pid, started: startedAt(process.pid) }));
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
  rmSync(aside, { recursive: true, force: true });
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
