import { join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import type { GitPublisher, PublishRequest, PublishResult } from '../../ports/git.ts';
import { buildCommit, commitTree } from './build-commit.ts';
import { listRefs } from './list-refs.ts';
import { makeRepository } from './mirror.ts';
import { withOperation } from './operation.ts';
import type { Operation } from './operation.ts';
import type { GitOptions } from './options.ts';
import { onceASecond } from './progress.ts';
import { requireBranch } from './push.ts';
import { openRemote } from './remote.ts';
import { moveBranch, uploadObjects } from './upload.ts';

/** Publishes folders; what `trainyard repo push` uses. */
export function createGitPublisher(options: GitOptions): GitPublisher {
  return { publish: async (request) => await pushDirectory(options, request) };
}

/** Puts a folder onto a branch: the first commit, or a fast-forward on top of what is there. */
export async function pushDirectory(options: GitOptions, request: PublishRequest): Promise<PublishResult> {
  requireBranch(request.branch);
  const remote = await openRemote(options, request.remote);
  return await withOperation(options, remote, request.signal, async (operation) => await publish(operation, request));
}

async function publish(operation: Operation, request: PublishRequest): Promise<PublishResult> {
  const name = `refs/heads/${request.branch}`;
  const { ids } = await listRefs(operation, ['HEAD', name]);
  const parent = ids.get(name) ?? null;
  const gitDir = join(operation.folder, 'build.git');
  const [anyId] = ids.values();
  await makeRepository(gitDir, anyId?.length ?? 40);
  const fields = { gitDir, message: request.message, author: request.author, date: new Date().toISOString() };
  const built = await buildCommit(operation, {
    ...fields,
    directory: request.directory,
    lfsPatterns: request.lfs,
    parent: null,
  });
  if (parent !== null && (await treeOf(operation, gitDir, parent)) === built.tree) {
    return { commit: parent, found: true, lfsObjects: 0 };
  }
  const commit = parent === null ? built.commit : await commitTree(operation, { ...fields, parent }, built.tree);
  const onLine = onceASecond(request.onProgress);
  await uploadObjects(operation, gitDir, built.oids, onLine);
  await moveBranch(operation, { gitDir, branch: request.branch, commit, expected: parent });
  return { commit, found: false, lfsObjects: built.oids.length };
}

/** Fetches the branch's tip, without its history, so that a commit can stand on top of it. */
async function treeOf(operation: Operation, gitDir: string, commit: string): Promise<string> {
  await operation.git({
    action: 'read',
    gitDir,
    args: [
      'fetch',
      '--depth=1',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--end-of-options',
      operation.remote.url.url,
      `+${commit}:refs/trainyard/parent`,
    ],
  });
  const { stdout } = await operation.git({
    action: 'local',
    gitDir,
    args: ['rev-parse', '--verify', `${commit}^{tree}`],
  });
  const tree = stdout.trim();
  if (tree === '')
    throw new TrainyardError('TY_GIT_FAILED', 'git gave no tree for the branch', { where: operation.remote.url.url });
  return tree;
}
