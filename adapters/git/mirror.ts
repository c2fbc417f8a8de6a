import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { isCommitId } from '../../domain/git-ref.ts';
import type { Operation } from './operation.ts';
import { candidates } from './resolve-ref.ts';

const INFINITE_DEPTH = '2147483647';
const CONFIG_SHA1 = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';
const CONFIG_SHA256 = '[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n';

export interface MirrorRequest {
  readonly folder: string;
  readonly ref: string;
  readonly commit: string;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Makes an empty bare repository, complete or not at all. By hand: it is three entries, and `git init` a process. */
export async function makeRepository(folder: string, idLength: number): Promise<void> {
  if (await exists(join(folder, 'HEAD'))) return;
  const draft = `${folder}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(join(draft, 'objects'), { recursive: true });
  await mkdir(join(draft, 'refs'));
  await writeFile(join(draft, 'config'), idLength === 64 ? CONFIG_SHA256 : CONFIG_SHA1);
  await writeFile(join(draft, 'HEAD'), 'ref: refs/heads/none\n');
  await rename(draft, folder);
}

/** Brings one commit into the mirror. Must be called under the repository's lease. */
export async function fetchCommit(operation: Operation, request: MirrorRequest): Promise<void> {
  const { folder, commit } = request;
  await makeRepository(folder, commit.length);
  if (await exists(join(folder, 'refs', 'trainyard', commit))) return;
  try {
    await fetchInto(operation, request, ['--depth=1'], commit);
  } catch (error) {
    if (!(error instanceof TrainyardError) || error.code !== 'TY_GIT_SOURCE_CHANGED') throw error;
    await fetchByRef(operation, request);
  }
}

/** Removes what a git that was killed leaves behind. Only under the lease: nobody else writes then. */
export async function sweepMirror(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const left = entry.name.endsWith('.lock') || /^tmp_(obj|pack|idx|rev)_|^\.tmp-/.test(entry.name);
    if (left && entry.isFile()) await rm(join(entry.parentPath, entry.name), { force: true });
  }
  await rm(join(folder, 'lfs', 'tmp'), { recursive: true, force: true });
}

/** Servers of the older protocol give commits by ref only: the whole history, and then a look. */
async function fetchByRef(operation: Operation, request: MirrorRequest): Promise<void> {
  const { folder, ref, commit } = request;
  const gone = new TrainyardError(
    isCommitId(ref) ? 'TY_GIT_REF_NOT_FOUND' : 'TY_GIT_SOURCE_CHANGED',
    `${operation.remote.url.url} no longer has commit ${commit}`,
    { where: operation.remote.url.url, why: `it was pinned from "${ref}", which has been rewritten or removed since` },
  );
  if (isCommitId(ref)) throw gone;
  for (const name of ref === 'HEAD' ? ['HEAD'] : candidates(ref)) {
    try {
      await fetchInto(operation, request, [`--depth=${INFINITE_DEPTH}`], name);
    } catch (error) {
      if (error instanceof TrainyardError && error.code === 'TY_GIT_SOURCE_CHANGED') continue;
      throw error;
    }
    const found = await hasCommit(operation, folder, commit);
    const args = found
      ? ['update-ref', `refs/trainyard/${commit}`, commit]
      : ['update-ref', '-d', `refs/trainyard/${commit}`];
    await operation.git({ action: 'local', gitDir: folder, args });
    if (found) return;
  }
  throw gone;
}

async function fetchInto(
  operation: Operation,
  request: MirrorRequest,
  depth: readonly string[],
  source: string,
): Promise<void> {
  await operation.git({
    action: 'read',
    gitDir: request.folder,
    onLine: request.onLine,
    args: [
      'fetch',
      '--progress',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--no-recurse-submodules',
      ...depth,
      '--end-of-options',
      operation.remote.url.url,
      `+${source}:refs/trainyard/${request.commit}`,
    ],
  });
}

async function hasCommit(operation: Operation, folder: string, commit: string): Promise<boolean> {
  try {
    await operation.git({ action: 'local', gitDir: folder, args: ['cat-file', '-e', `${commit}^{commit}`] });
    return true;
  } catch (error) {
    if (error instanceof TrainyardError) return false;
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
