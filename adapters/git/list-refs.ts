import type { Operation } from './operation.ts';

export interface RemoteRefs {
  /** Full ref name → id. Annotated tags also have their peeled id under `name^{}`. */
  readonly ids: ReadonlyMap<string, string>;
  /** What HEAD points to, where the server says. */
  readonly head: string | null;
}

/** One ref advertisement, cut to `names` by the server where it can. Without names: everything. */
export async function listRefs(operation: Operation, names: readonly string[]): Promise<RemoteRefs> {
  const { stdout } = await operation.git({
    action: 'read',
    args: ['ls-remote', '--symref', '--end-of-options', operation.remote.url.url, ...names],
  });
  return parseRefs(stdout);
}

/** Reads what `ls-remote --symref` prints. */
export function parseRefs(text: string): RemoteRefs {
  const ids = new Map<string, string>();
  let head: string | null = null;
  for (const line of text.split('\n')) {
    const [left = '', name = ''] = line.split('\t');
    if (left.startsWith('ref: ')) {
      if (name === 'HEAD') head = left.slice('ref: '.length);
    } else if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(left) && name !== '') {
      ids.set(name, left);
    }
  }
  return { ids, head };
}
