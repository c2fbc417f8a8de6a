import type { RemoteRef } from '../../domain/plan.ts';
import type { Git } from '../../ports/git.ts';
import { fetchTree, sweepAbandoned } from './fetch.ts';
import { historyOf } from './history.ts';
import { sweepScratch, withOperation } from './operation.ts';
import type { Operation } from './operation.ts';
import type { GitOptions } from './options.ts';
import { openRemote } from './remote.ts';
import { checkPush, push } from './push.ts';
import { resolveRef } from './resolve-ref.ts';

export { createGitPublisher } from './publish.ts';
export type { GitOptions } from './options.ts';

/** Git and LFS over the `git` and `git-lfs` programs found on `options.path`. */
export function createGit(options: GitOptions): Git {
  let swept: Promise<void> | undefined;
  const run = async <T>(
    ref: RemoteRef,
    signal: AbortSignal,
    body: (operation: Operation) => Promise<T>,
  ): Promise<T> => {
    await (swept ??= sweepAll(options));
    return await withOperation(options, await openRemote(options, ref), signal, body);
  };
  return {
    resolveRef: async (remote, ref, signal) => await run(remote, signal, async (op) => await resolveRef(op, ref)),
    checkPush: async (remote, branch, signal) => await run(remote, signal, async (op) => await checkPush(op, branch)),
    fetch: async (request) =>
      await run(request.remote, request.signal, async (op) => await fetchTree(options, op, request)),
    history: async (url, from, to, signal) =>
      await run({ url, credential: null }, signal, async (op) => await historyOf(options, op, from, to)),
    tidy: () => sweepAll(options),
    push: async (request) => await run(request.remote, request.signal, async (op) => await push(op, request)),
  };
}

/** Tidying must not keep anybody from working: what cannot be removed now is found again next time. */
async function sweepAll(options: GitOptions): Promise<void> {
  await sweepScratch(options.scratch).catch(() => undefined);
  await sweepAbandoned(options).catch(() => undefined);
}
