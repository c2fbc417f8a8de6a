import { homedir } from 'node:os';
import { join } from 'node:path';

// Setup writes this layout (scripts/setup/cache.mjs and python.mjs); a test keeps the two equal.

/** The variables of an environment. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Where everything that setup obtained is kept. */
export function cacheRoot(env: Env): string {
  const base = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(base, 'trainyard');
}

/** Folder with `temporal` and `git-lfs`, when setup put them there. */
export function cacheBin(env: Env): string {
  return join(cacheRoot(env), 'bin');
}

/** File that names the interpreter setup made: `{"python": path}`. */
export function pythonPointer(env: Env): string {
  return join(cacheRoot(env), 'python', 'current.json');
}

/** `temporal` or `temporal.exe`. */
export function programName(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}
