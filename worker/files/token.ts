import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, link, lstat, readFile, rm, writeFile } from 'node:fs/promises';
import { TrainyardError } from '../../domain/errors.ts';

/** What an `Authorization` header can carry. */
const TOKEN = /^[A-Za-z0-9._~+/=-]{32,512}$/;

/**
 * The token of a site's files; made if its file is not there, readable by its owner alone.
 * @throws TrainyardError `TY_FILES_TOKEN` for a file that anybody can read, or that holds no token
 */
export async function ownToken(path: string): Promise<string> {
  if ((await lstat(path).catch(() => null)) === null) await makeToken(path);
  return await readToken(path);
}

/** @throws TrainyardError `TY_FILES_TOKEN` */
export async function readToken(path: string): Promise<string> {
  const refuse = (why: string, cause?: unknown): TrainyardError =>
    new TrainyardError('TY_FILES_TOKEN', 'the token cannot be used', { where: path, why }, cause);
  const found = await lstat(path).catch((error: unknown) => {
    throw refuse(error instanceof Error ? error.message : String(error), error);
  });
  // A mounted secret is a link to a file whose group may read it.
  if (found.isFile() && (found.mode & 0o007) !== 0) throw refuse('anybody on this machine can read it');
  const token = (await readFile(path, 'utf8')).trim();
  if (!TOKEN.test(token)) throw refuse('it holds no token of at least 32 letters and digits');
  return token;
}

/** Compares without telling by its time how much of a guess was right. */
export function sameToken(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** Linked into place, so that of two workers that begin at once both read the same. */
async function makeToken(path: string): Promise<void> {
  const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(beside, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    await chmod(beside, 0o600);
    await link(beside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(beside, { force: true });
  }
}
