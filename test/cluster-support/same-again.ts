import { eventually } from './eventually.ts';
import type { KubeObject } from './objects.ts';
import type { Rest } from './rest.ts';

/** What the server adds to a Job, and would not take from somebody else. */
const ADDED = ['controller-uid', 'batch.kubernetes.io/controller-uid'];

/** Replaces an object by one that is the same but for its uid, as `kubectl replace --force` does; answers the uid. */
export async function sameAgain(rest: Rest, path: string): Promise<unknown> {
  const { metadata, spec, apiVersion, kind } = await rest.want<KubeObject & { readonly spec: Spec }>('GET', path);
  await rest.want('DELETE', `${path}?propagationPolicy=Background`);
  await eventually('it is gone', 20, async () => (await rest.send('GET', path)).status === 404);
  const { name, namespace, labels, annotations } = metadata;
  const again = { apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec: withoutSelector(spec) };
  const made = await rest.want<KubeObject>('POST', path.slice(0, path.lastIndexOf('/')), again);
  return made.metadata['uid'];
}

interface Spec {
  readonly selector?: unknown;
  readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
}

function withoutSelector({ selector: _selector, ...spec }: Spec): Spec {
  const labels = Object.entries(spec.template?.metadata?.labels ?? {}).filter(([key]) => !ADDED.includes(key));
  if (spec.template === undefined) return spec;
  const metadata = { ...spec.template.metadata, labels: Object.fromEntries(labels) };
  return { ...spec, template: { ...spec.template, metadata } };
}
