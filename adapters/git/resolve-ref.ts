import { TrainyardError } from '../../domain/errors.ts';
import { checkRef, isCommitId } from '../../domain/git-ref.ts';
import type { ResolvedRef } from '../../ports/git.ts';
import { listRefs } from './list-refs.ts';
import type { RemoteRefs } from './list-refs.ts';
import type { Operation } from './operation.ts';

/** Pins a ref. A branch wins over a tag of the same name, as with `git clone --branch`. */
export async function resolveRef(operation: Operation, ref: string): Promise<ResolvedRef> {
  requireRef(ref);
  const { url } = operation.remote.url;
  if (isCommitId(ref)) {
    // Whether it exists is seen when it is fetched; here only the access is proved.
    await listRefs(operation, ['HEAD']);
    return { ref, commit: ref };
  }
  const names = candidates(ref);
  const refs = await listRefs(operation, ['HEAD', ...names, ...names.map((name) => `${name}^{}`)]);
  const found = pick(refs, ref, names);
  if (found !== null) return found;
  const all = await listRefs(operation, []);
  if (all.ids.size === 0) {
    throw new TrainyardError('TY_GIT_EMPTY', `${url} has no commits`, {
      where: url,
      fix: `trainyard repo push DIR ${url}`,
    });
  }
  throw new TrainyardError('TY_GIT_REF_NOT_FOUND', `${url} has no ref "${ref}"`, {
    where: url,
    why: `it has ${shortList(all)}`,
  });
}

/** Throws `TY_SPEC_REF`. */
export function requireRef(ref: string): void {
  const fault = checkRef(ref);
  if (fault !== null)
    throw new TrainyardError('TY_SPEC_REF', `the ref ${JSON.stringify(ref)} ${fault}`, { where: 'ref' });
}

/** Full names a short one may stand for, in order of preference. */
export function candidates(ref: string): readonly string[] {
  if (ref === 'HEAD') return [];
  return ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
}

function pick(refs: RemoteRefs, ref: string, names: readonly string[]): ResolvedRef | null {
  if (ref === 'HEAD') {
    const commit = refs.ids.get('HEAD');
    return commit === undefined ? null : { ref: refs.head ?? 'HEAD', commit };
  }
  for (const name of names) {
    const commit = refs.ids.get(`${name}^{}`) ?? refs.ids.get(name);
    if (commit !== undefined) return { ref: name, commit };
  }
  return null;
}

function shortList(refs: RemoteRefs): string {
  const names = [...refs.ids.keys()]
    .filter((name) => /^refs\/(heads|tags)\//.test(name) && !name.endsWith('^{}'))
    .map((name) => name.replace(/^refs\/(heads|tags)\//, ''));
  const more = names.length > 8 ? ` and ${names.length - 8} more` : '';
  return `${names.slice(0, 8).join(', ') || 'neither branches nor tags'}${more}`;
}
