import { chmod, constants, copyFile, link, rename, stat, unlink } from 'node:fs/promises';
import { TrainyardError } from '../../domain/errors.ts';
import { objectPath } from './lfs-pointer.ts';
import type { LfsPointer } from './lfs-pointer.ts';
import { forEachLimit } from './limit.ts';
import { localStore, takeObject } from './local-store.ts';
import type { Operation } from './operation.ts';
import { runLfs } from './run-lfs.ts';

/** Room asked for beyond the objects themselves: partial downloads and metadata. */
const RESERVE = 1.1;

/** A pointer and the path it stands at. */
export interface PointerFile {
  readonly path: string;
  readonly pointer: LfsPointer;
}

export interface LfsFetch {
  readonly mirror: string;
  readonly commit: string;
  readonly pointers: readonly PointerFile[];
  readonly requireFree: ((bytes: number) => Promise<void>) | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Moves the objects the mirror lacks; answers how many and their bytes. Under the repository's lease. */
export async function fetchObjects(
  operation: Operation,
  request: LfsFetch,
): Promise<{ objects: number; bytes: number }> {
  const missing = await missingObjects(request);
  if (missing.length === 0) return { objects: 0, bytes: 0 };
  const bytes = missing.reduce((sum, { pointer }) => sum + pointer.bytes, 0);
  await request.requireFree?.(Math.ceil(bytes * RESERVE));
  const distant = await takeLocal(operation, request.mirror, missing);
  if (distant.length > 0) {
    await runLfs(operation, {
      action: 'lfs-read',
      gitDir: request.mirror,
      onLine: request.onLine,
      args: ['lfs', 'fetch', 'origin', request.commit],
    });
  }
  const absent = await missingObjects(request);
  if (absent.length > 0) throw objectMissing(operation, absent, 'the server sent no object for it');
  await forEachLimit(distant, 4, async ({ pointer }) => await settle(objectPath(request.mirror, pointer.oid)));
  return { objects: missing.length, bytes };
}

/** Places an object at a path as a link, so that it takes no room twice; executable ones are copied. */
export async function placeObject(mirror: string, oid: string, target: string): Promise<void> {
  const source = objectPath(mirror, oid);
  const isExecutable = ((await stat(target)).mode & 0o100) !== 0;
  await unlink(target);
  if (!isExecutable && (await tryLink(source, target))) return;
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  await chmod(target, isExecutable ? 0o755 : 0o644);
}

/** Objects of a repository on this machine need no process; answers the files that git-lfs has to get. */
async function takeLocal(
  operation: Operation,
  mirror: string,
  missing: readonly PointerFile[],
): Promise<readonly PointerFile[]> {
  const { scheme, path } = operation.remote.url;
  const store = scheme === 'file' ? await localStore(path) : null;
  if (store === null) return missing;
  const distant: PointerFile[] = [];
  await forEachLimit(missing, 8, async (file) => {
    operation.signal.throwIfAborted();
    if (!(await takeObject(store, mirror, file.pointer))) distant.push(file);
  });
  return distant;
}

async function missingObjects(request: LfsFetch): Promise<readonly PointerFile[]> {
  const missing = new Map<string, PointerFile>();
  await forEachLimit(request.pointers, 16, async (file) => {
    const { oid, bytes } = file.pointer;
    const found = await stat(objectPath(request.mirror, oid)).catch(() => null);
    if (found?.size !== bytes) missing.set(oid, file);
  });
  return [...missing.values()];
}

/**
 * Makes an object ours and read-only. git-lfs has verified it, but links objects of repositories on this machine; a training
 * process that writes where it may not would then damage somebody's repository, so the link is cut.
 */
async function settle(path: string): Promise<void> {
  if ((await stat(path)).nlink > 1) {
    const copy = `${path}.lock`;
    await copyFile(path, copy, constants.COPYFILE_FICLONE);
    await rename(copy, path);
  }
  await chmod(path, 0o444);
}

async function tryLink(source: string, target: string): Promise<boolean> {
  try {
    await link(source, target);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EXDEV' || code === 'EPERM' || code === 'EMLINK' || code === 'ENOTSUP') return false;
    throw error;
  }
}

function objectMissing(operation: Operation, files: readonly PointerFile[], why: string): TrainyardError {
  const names = files.slice(0, 5).map(({ path, pointer }) => `${path} (${pointer.oid.slice(0, 12)}…)`);
  const more = files.length > 5 ? ` and ${files.length - 5} more` : '';
  return new TrainyardError('TY_LFS_OBJECT_MISSING', `LFS content is missing for ${names.join(', ')}${more}`, {
    where: operation.remote.url.url,
    why,
  });
}
