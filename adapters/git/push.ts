import { randomUUID } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { checkBranch } from '../../domain/git-ref.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import type { PushRequest, PushResult } from '../../ports/git.ts';
import { buildCommit, commitTree } from './build-commit.ts';
import { listRefs } from './list-refs.ts';
import { makeRepository } from './mirror.ts';
import type { Operation } from './operation.ts';
import { branchHead, branchTaken, moveBranch, uploadObjects } from './upload.ts';

const EMPTY_TREE = {
  sha1: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  sha256: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
} as const;

/** One commit on a new branch; found again when an earlier attempt had done it. */
export async function push(operation: Operation, request: PushRequest): Promise<PushResult> {
  requireBranch(request.branch);
  const name = `refs/heads/${request.branch}`;
  const { ids } = await listRefs(operation, ['HEAD', name]);
  const gitDir = join(operation.folder, 'build.git');
  await makeRepository(operation, gitDir, idLength(ids));
  const built = await buildCommit(operation, {
    gitDir,
    directory: request.tree,
    lfsPatterns: request.lfsPatterns,
    message: request.message,
    author: request.author,
    date: request.date,
    parent: null,
  });
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
  const existing = await branchHead(operation, branch);
  if (url.scheme === 'file') await requireWritable(operation, url.path);
  const gitDir = join(operation.folder, 'probe.git');
  await makeRepository(operation, gitDir, existing?.length ?? 40);
  const commit = await commitTree(
    operation,
    { gitDir, message: 'probe', author: 'Trainyard <trainyard@localhost>', date: '2020-01-01T00:00:00Z', parent: null },
    existing?.length === 64 ? EMPTY_TREE.sha256 : EMPTY_TREE.sha1,
  );
  // A name nobody has, so that the rehearsal says nothing about the branch and needs no force.
  await operation.git({
    action: 'push',
    gitDir,
    args: [
      'push', '--dry-run', '--porcelain', '--no-verify', '--end-of-options', url.url,
      `${commit}:refs/heads/trainyard-probe-${randomUUID()}`,
    ],
  });
  return existing;
}

/** Throws `TY_SPEC_REF`. */
export function requireBranch(branch: string): void {
  const fault = checkBranch(branch);
  if (fault !== null) throw new TrainyardError('TY_SPEC_REF', `the branch ${JSON.stringify(branch)} ${fault}`, { where: 'branch' });
}

function idLength(ids: ReadonlyMap<string, string>): number {
  const [first] = ids.values();
  return first?.length ?? 40;
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
