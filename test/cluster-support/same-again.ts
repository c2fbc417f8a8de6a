import { eventually } from './eventually.ts';
import type { KubeObject } from './objects.ts';
import type { Rest } from './rest.ts';

/** What the server adds to a Job, and would not take from somebody else. */
const ADDED = ['controller-uid', 'batch.kubernetes.io/controller-uid'];

/** Replaces an object by one that is the same but for its uid, as `kubectl replace --force` does; answers the uid. */
export async function sameAgain(rest: Rest, path: string): Promise<unknown> {
  const { metadata, spec, apiVersion, kind } = await rest.want<KubeObject & { readonly spec: Spec }>('GET', path);
  const other = await otherRuntime(rest, path);
  await rest.want('DELETE', `${path}?propagationPolicy=Background`);
  await eventually('it is gone', 20, async () => (await rest.send('GET', path)).status === 404);
  const { name, namespace, labels, annotations } = metadata;
  const again = {
    apiVersion,
    kind,
    metadata: { name, namespace, labels, annotations },
    spec: other === null ? withoutSelector(spec) : onRuntime(spec, other),
  };
  const made = await eventually('it is made again', 20, async () => {
    const answer = await rest.send('POST', path.slice(0, path.lastIndexOf('/')), again);
    return answer.status < 300 ? (answer.body as KubeObject) : null;
  });
  return made.metadata['uid'];
}

/** A TrainJob of somebody else has a runtime of its own: ours goes with ours. `null` for other kinds. */
async function otherRuntime(rest: Rest, path: string): Promise<string | null> {
  if (!path.includes('/trainjobs/')) return null;
  const ours = path.replace('/trainjobs/', '/trainingruntimes/');
  const { apiVersion, kind, metadata, ...fields } = await rest.want<KubeObject>('GET', ours);
  const { status: _status, ...runtime } = fields;
  const name = `other-${metadata.name}`;
  const { namespace = 'default' } = metadata;
  await rest.want('POST', ours.slice(0, ours.lastIndexOf('/')), {
    apiVersion,
    kind,
    metadata: { name, namespace },
    ...runtime,
  });
  return name;
}

function onRuntime(spec: Spec, name: string): Spec {
  return { ...spec, runtimeRef: { ...spec.runtimeRef, name } };
}

interface Spec {
  readonly runtimeRef?: Readonly<Record<string, string>>;
  readonly selector?: unknown;
  readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
}

function withoutSelector({ selector: _selector, ...spec }: Spec): Spec {
  const labels = Object.entries(spec.template?.metadata?.labels ?? {}).filter(([key]) => !ADDED.includes(key));
  if (spec.template === undefined) return spec;
  const metadata = { ...spec.template.metadata, labels: Object.fromEntries(labels) };
  return { ...spec, template: { ...spec.template, metadata } };
}
