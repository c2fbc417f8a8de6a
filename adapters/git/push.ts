import { randomUUID } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { checkBranch } from '../../domain/git-ref.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import type { PushRequest, PushResult } from '../../ports/git.ts';
import { buildCommit, commitTree } from './build-commit.ts';
import type { BuiltCommit } from './build-commit.ts';
import { listRefs } from './list-refs.ts';
import { makeRepository } from './mirror.ts';
import type { Operation } from './operation.ts';
import { branchHead, branchTaken, moveBranch, uploadObjects } from './upload.ts';

const SHA1_LENGTH = 40;
const EMPTY_TREE = {
  sha1: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  sha256: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
} as const;

/** One commit on a new branch; found again when an earlier attempt had done it. */
export async function push(operation: Operation, request: PushRequest): Promise<PushResult> {
  requireBranch(request.branch);
  const name = `refs/heads/${request.branch}`;
  const build = async (idLength: number): Promise<BuiltCommit> => {
    const gitDir = join(operation.folder, `build-${idLength}.git`);
    await makeRepository(gitDir, idLength);
    const { lfsPatterns, message, author, date } = request;
    return await buildCommit(operation, {
      gitDir,
      directory: request.tree,
      lfsPatterns,
      message,
      author,
      date,
      parent: null,
    });
  };
  const [{ ids }, guess] = await both(listRefs(operation, ['HEAD', name]), build(SHA1_LENGTH));
  const built = idLength(ids) === SHA1_LENGTH ? guess : await build(idLength(ids));
  const { gitDir } = built;
  const existing = ids.get(name) ?? null;
  if (existing === built.commit) return { commit: built.commit, found: true };
  if (existing !== null) throw branchTaken(operation, request.branch, existing);
  crashPoint('push.before');
  await uploadObjects(operation, gitDir, built.oids);
  crashPoint('push.lfs-uploaded');
  await moveBranch(operation, { gitDir, branch: request.branch, commit: built.commit, expected: null });
  crashPoint('push.after');
  return { commit: built.commit, found: false };
}

/** What the branch holds, after a rehearsed push has shown that the credential may write. */
export async function checkPush(operation: Operation, branch: string): Promise<string | null> {
  requireBranch(branch);
  const { url } = operation.remote;
  if (url.scheme === 'file') await requireWritable(operation, url.path);
  const [existing, guess] = await both(branchHead(operation, branch), probe(operation, SHA1_LENGTH));
  const { gitDir, commit } = existing?.length === 64 ? await probe(operation, 64) : guess;
  // A name nobody has, so that the rehearsal says nothing about the branch and needs no force.
  await operation.git({
    action: 'push',
    gitDir,
    args: [
      'push',
      '--dry-run',
      '--porcelain',
      '--no-verify',
      '--end-of-options',
      url.url,
      `${commit}:refs/heads/trainyard-probe-${randomUUID()}`,
    ],
  });
  return existing;
}

/** A commit of nothing, for a rehearsal needs something to push. */
async function probe(operation: Operation, idLength: number): Promise<{ gitDir: string; commit: string }> {
  const gitDir = join(operation.folder, `probe-${idLength}.git`);
  await makeRepository(gitDir, idLength);
  const fields = {
    message: 'probe',
    author: 'Trainyard <trainyard@localhost>',
    date: '2020-01-01T00:00:00Z',
    parent: null,
  };
  const tree = idLength === SHA1_LENGTH ? EMPTY_TREE.sha1 : EMPTY_TREE.sha256;
  return { gitDir, commit: await commitTree(operation, { gitDir, ...fields }, tree) };
}

/** Waits for both even when one fails, so that no git is left behind. */
async function both<A, B>(one: Promise<A>, two: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, two]);
  return [await one, await two];
}

/** Throws `TY_SPEC_REF`. */
export function requireBranch(branch: string): void {
  const fault = checkBranch(branch);
  if (fault !== null)
    throw new TrainyardError('TY_SPEC_REF', `the branch ${JSON.stringify(branch)} ${fault}`, { where: 'branch' });
}

function idLength(ids: ReadonlyMap<string, string>): number {
  const [first] = ids.values();
  return first?.length ?? SHA1_LENGTH;
}

/** A rehearsed push over file starts git on this machine and writes nothing: permissions are looked at here. */
async function requireWritable(operation: Operation, path: string): Promise<void> {
  const inner = join(path, '.git');
  const gitDir = (await stat(inner).catch(() => null))?.isDirectory() === true ? inner : path;
  for (const folder of ['objects', 'refs']) {
    await access(join(gitDir, folder), constants.W_OK).catch(() => {
      throw new TrainyardError('TY_GIT_FORBIDDEN', `${path} cannot be written by this user`, {
        where: operation.remote.url.url,
        why: `${join(gitDir, folder)} is not writable`,
        fix: `chmod -R u+w ${path}, or run as its owner`,
      });
    });
  }
}
