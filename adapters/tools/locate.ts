import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheBin, programName, pythonPointer } from './layout.ts';
import type { Env } from './layout.ts';

/** Absolute paths of the programs Trainyard starts; `null` where there is none. */
export interface Tools {
  readonly temporal: string | null;
  readonly git: string | null;
  readonly gitLfs: string | null;
  /** Whether it imports torch is for the site's preflight and `doctor` to say. */
  readonly python: string | null;
}

/**
 * Finds each program: the one the environment names (`TRAINYARD_TEMPORAL`, `TRAINYARD_GIT_LFS`, `TRAINYARD_PYTHON`),
 * the one setup has cached, the one on PATH. Starts none of them. A named one that does not exist is `null`, so that
 * nobody gets another program than the one asked for.
 */
export function locateTools(env: Env): Tools {
  return {
    temporal: locate(env, 'temporal', env['TRAINYARD_TEMPORAL']),
    git: onPath(env, 'git'),
    gitLfs: locate(env, 'git-lfs', env['TRAINYARD_GIT_LFS']),
    python: locatePython(env),
  };
}

/**
 * A PATH on which `git lfs` works even where git-lfs is only in the cache: the named one's folder, then the
 * cache's, then the PATH as it was.
 */
export function toolPath(env: Env): string {
  const named = env['TRAINYARD_GIT_LFS'];
  const folders = [named ? join(named, '..') : '', cacheBin(env), env['PATH'] ?? ''];
  return folders.filter((folder) => folder !== '').join(delimiter);
}

function locate(env: Env, name: string, named: string | undefined): string | null {
  if (named) return executable(named);
  return executable(join(cacheBin(env), programName(name))) ?? onPath(env, name);
}

function locatePython(env: Env): string | null {
  const named = env['TRAINYARD_PYTHON'];
  if (named) return executable(named);
  return cachedPython(env) ?? onPath(env, 'python3');
}

function cachedPython(env: Env): string | null {
  try {
    const pointer: unknown = JSON.parse(readFileSync(pythonPointer(env), 'utf8'));
    const path = typeof pointer === 'object' && pointer !== null && 'python' in pointer ? pointer.python : null;
    return typeof path === 'string' ? executable(path) : null;
  } catch {
    return null;
  }
}

function onPath(env: Env, name: string): string | null {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const found = folder === '' ? null : executable(join(folder, programName(name)));
    if (found !== null) return found;
  }
  return null;
}

function executable(path: string): string | null {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : null;
  } catch {
    return null;
  }
}
