import { TrainyardError } from '../../domain/errors.ts';
import { isCommitId } from '../../domain/git-ref.ts';
import { forEachLimit } from './limit.ts';
import { listRefs } from './list-refs.ts';
import { copyObject, localStore } from './local-store.ts';
import type { Operation } from './operation.ts';
import { runLfs } from './run-lfs.ts';

/** Object ids given to one git-lfs, so that its argument list stays short. */
const BATCH = 200;

/** Uploads LFS objects from a repository's store. Content addressed: what is there already is skipped. */
export async function uploadObjects(
  operation: Operation,
  gitDir: string,
  oids: readonly string[],
  onLine?: (line: string) => void,
): Promise<void> {
  const { scheme, path } = operation.remote.url;
  const store = scheme === 'file' ? await localStore(path) : null;
  if (store !== null) {
    await forEachLimit(oids, 4, async (oid) => await placeInStore(operation, gitDir, store, oid));
    return;
  }
  const batches = Array.from({ length: Math.ceil(oids.length / BATCH) }, (_, at) =>
    oids.slice(at * BATCH, (at + 1) * BATCH),
  );
  await forEachLimit(batches, 1, async (batch) => {
    const { stdout, stderr } = await runLfs(operation, {
      action: 'lfs-push',
      gitDir,
      onLine,
      args: ['lfs', 'push', '--object-id', 'origin', ...batch],
    });
    // git-lfs 3.7.1 ends with 0 after a 422 (measured); the ref must not move to pointers without objects.
    const refusal = /^.*Uploading failed.*$/m.exec(`${stdout}\n${stderr}`)?.[0];
    if (refusal !== undefined) throw uploadRefused(operation, refusal);
  });
}

/** What git-lfs would do for a repository on this machine, without a process. */
async function placeInStore(operation: Operation, gitDir: string, store: string, oid: string): Promise<void> {
  operation.signal.throwIfAborted();
  try {
    await copyObject(gitDir, store, oid);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new TrainyardError(
      isFull ? 'TY_LFS_QUOTA' : 'TY_GIT_FORBIDDEN',
      `the LFS store in ${store} cannot be written`,
      {
        where: operation.remote.url.url,
        why: error instanceof Error ? error.message : String(error),
      },
    );
  }
}

function uploadRefused(operation: Operation, why: string): TrainyardError {
  return new TrainyardError('TY_GIT_FAILED', 'the LFS store refused an object', {
    where: operation.remote.url.url,
    why,
  });
}

export interface RefMove {
  readonly gitDir: string;
  readonly branch: string;
  readonly commit: string;
  /** What the branch must hold before; `null` = it must not exist. */
  readonly expected: string | null;
}

/** Moves one branch, only from what is expected; whatever the answer, the branch itself tells what happened. */
export async function moveBranch(operation: Operation, move: RefMove): Promise<void> {
  const name = `refs/heads/${move.branch}`;
  const { url } = operation.remote.url;
  let failure: unknown;
  try {
    await operation.git({
      action: 'push',
      gitDir: move.gitDir,
      args: [
        'push',
        '--porcelain',
        '--no-verify',
        '--no-follow-tags',
        '--recurse-submodules=no',
        '--no-signed',
        `--force-with-lease=${name}:${move.expected ?? ''}`,
        '--end-of-options',
        url,
        `${move.commit}:${name}`,
      ],
    });
  } catch (error) {
    operation.signal.throwIfAborted();
    failure = error;
  }
  const now = await branchHead(operation, move.branch).catch((error: unknown) => {
    // "Exists already" may be about this very commit, by a push whose answer was lost: only the branch can tell.
    throw isTaken(failure) ? error : (failure ?? error);
  });
  if (now === move.commit) return;
  if (now !== move.expected && now !== null) throw branchTaken(operation, move.branch, now);
  throw (
    failure ??
    new TrainyardError('TY_GIT_FAILED', `${url} took the push but branch "${move.branch}" did not move`, { where: url })
  );
}

function isTaken(failure: unknown): boolean {
  return failure instanceof TrainyardError && failure.code === 'TY_OUTPUT_BRANCH_TAKEN';
}

/** The commit a branch holds on the remote. */
export async function branchHead(operation: Operation, branch: string): Promise<string | null> {
  const name = `refs/heads/${branch}`;
  const { ids } = await listRefs(operation, [name]);
  const id = ids.get(name);
  return id !== undefined && isCommitId(id) ? id : null;
}

export function branchTaken(operation: Operation, branch: string, holds: string): TrainyardError {
  return new TrainyardError('TY_OUTPUT_BRANCH_TAKEN', `branch "${branch}" exists already with other content`, {
    where: operation.remote.url.url,
    why: `it holds ${holds}; Trainyard never overwrites a branch`,
  });
}
