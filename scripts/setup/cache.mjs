import { createHash, randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { isAlive } from './lock.mjs';

// The same layout is read at run time by adapters/tools/layout.ts; a test keeps the two equal.

/** Where everything obtained is kept, outside the checkout. */
export function cacheRoot(env = process.env) {
  const base = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache');
  return join(base, 'trainyard');
}

export function cacheBin(root) {
  return join(root, 'bin');
}

export function isWindows() {
  return process.platform === 'win32';
}

/** `temporal` or `temporal.exe`. */
export function programName(name) {
  return isWindows() ? `${name}.exe` : name;
}

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** First executable of that name on a PATH, or null. */
export function which(name, path = process.env.PATH ?? '') {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, programName(name));
    if (folder !== '' && isExecutable(candidate)) return candidate;
  }
  return null;
}

export function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

const scratch = new Set();

/**
 * A folder beside the final place, so that a rename into it is atomic. Removed when this process ends; those
 * of processes that were killed are removed here.
 */
export function scratchFolder(root, label) {
  const folder = join(root, 'tmp');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const pid = Number(/\.(\d+)\.[0-9a-f]+$/.exec(name)?.[1]);
    if (!isAlive(pid)) removeTree(join(folder, name));
  }
  const made = join(folder, `${label}.${process.pid}.${randomBytes(4).toString('hex')}`);
  mkdirSync(made);
  scratch.add(made);
  return made;
}

/** Go's module cache is read-only by design, so plain removal can be refused; what stays is harmless. */
export function removeTree(path) {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // The next setup tries again.
  }
}

export function removeScratch() {
  for (const folder of scratch) removeTree(folder);
  scratch.clear();
}

/** Moves a finished file or folder to its place; nobody sees a half. */
export function moveIn(from, to) {
  mkdirSync(join(to, '..'), { recursive: true });
  try {
    renameSync(from, to);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM', 'EISDIR'].includes(error.code)) throw error;
    rmSync(to, { recursive: true, force: true });
    renameSync(from, to);
  }
}
