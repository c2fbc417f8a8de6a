import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { siteEnvironment } from './environment.ts';

const FIND_TORCH = 'import importlib.util, sys; sys.exit(0 if importlib.util.find_spec("torch") else 3)';
const TIMEOUT_MS = 30_000;

/** Interpreters that were found to have torch; a package is seldom removed while a worker runs. */
const withTorch = new Set<string>();

/** Throws `TY_SITE_NO_TORCH` unless the first python3 of `path` can find torch. */
export async function requireTorch(path: string): Promise<void> {
  const python = await firstPython(path);
  if (python === null) {
    throw new TrainyardError('TY_SITE_NO_TORCH', 'the site has no python3', {
      where: 'PATH of the site',
      why: 'no folder of it holds a python3 program',
    });
  }
  if (withTorch.has(python)) return;
  const failure = await tryTorch(python, path);
  if (failure === null) {
    withTorch.add(python);
    return;
  }
  throw new TrainyardError('TY_SITE_NO_TORCH', "the site's Python cannot import torch", {
    where: python,
    why: failure,
  });
}

async function firstPython(path: string): Promise<string | null> {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, 'python3');
    const usable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== '' && usable) return candidate;
  }
  return null;
}

/** Why it has no torch; `null` if it has. Looking for the module takes 30 ms, importing it would take seconds. */
function tryTorch(python: string, path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { env: siteEnvironment(process.env, path), timeout: TIMEOUT_MS, cwd: '/' };
    execFile(python, ['-c', FIND_TORCH], options, (error, _stdout, stderr) => {
      if (error === null) return resolve(null);
      if (error.code === 3) return resolve('it has no module named torch');
      resolve(stderr.trim().split('\n').at(-1) || error.message);
    });
  });
}
