import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TrainyardError } from '../../../domain/errors.ts';
import { siteEnvironment } from '../environment.ts';

const NEEDED: readonly string[] = ['torch', 'kserve'];
// Finds packages without importing them: milliseconds in place of seconds.
const PROGRAM =
  'import sys; from importlib.util import find_spec; print(*[n for n in sys.argv[1:] if not find_spec(n)])';

/** Throws `TY_SERVE_NO_RUNTIME` unless `python3` of this PATH has what the server needs. */
export async function requireRuntime(path: string): Promise<void> {
  const missing = await missingPackages(path);
  if (missing === '') return;
  throw new TrainyardError('TY_SERVE_NO_RUNTIME', 'this machine has no inference server', {
    where: 'python3',
    why: missing,
  });
}

async function missingPackages(path: string): Promise<string> {
  const env = siteEnvironment(process.env, path);
  try {
    const { stdout } = await promisify(execFile)('python3', ['-c', PROGRAM, ...NEEDED], { env, timeout: 30_000 });
    const names = stdout.trim();
    return names === '' ? '' : `python3 has no ${names.split(' ').join(' and no ')}`;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}
