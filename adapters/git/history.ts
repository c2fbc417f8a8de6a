import { join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { isCommitId } from '../../domain/git-ref.ts';
import type { CommitHistory } from '../../ports/git.ts';
import { exists } from './mirror.ts';
import type { Operation } from './operation.ts';
import type { GitOptions } from './options.ts';
import { repoDigest } from './remote.ts';

const MOST = 50;
const NOTHING: CommitHistory = { from: null, to: null, between: null };

/** What the mirror says of two commits. Mirrors are shallow where servers allow it: often it has nothing in between. */
export async function historyOf(
  options: GitOptions,
  operation: Operation,
  from: string,
  to: string,
): Promise<CommitHistory> {
  if (!isCommitId(from) || !isCommitId(to)) return NOTHING;
  const mirror = join(options.mirrors, repoDigest(operation.remote.url, to));
  if (!(await exists(mirror))) return NOTHING;
  const ask = async (...args: readonly string[]): Promise<readonly string[] | null> => {
    try {
      const { stdout } = await operation.git({ action: 'local', gitDir: mirror, args });
      return stdout.split('\n').filter((line) => line !== '');
    } catch (error) {
      if (error instanceof TrainyardError) return null;
      throw error;
    }
  };
  const subject = async (commit: string): Promise<string | null> =>
    (await ask('log', '--no-walk', '--oneline', '--no-decorate', commit))?.[0] ?? null;
  const leads = (await ask('merge-base', '--is-ancestor', from, to)) !== null;
  return {
    from: await subject(from),
    to: await subject(to),
    between: leads ? await ask('log', '--oneline', '--no-decorate', `--max-count=${MOST}`, `${from}..${to}`) : null,
  };
}
