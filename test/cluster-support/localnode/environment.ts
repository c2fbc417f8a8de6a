import type { PodApi } from './pod-api.ts';
import { quantity } from './pod.ts';
import type { Container, Pod } from './pod.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface Environment {
  readonly variables: Readonly<Record<string, string>>;
  /** Replaces `$(NAME)` as Kubernetes does in commands. */
  readonly expand: (text: string) => string;
}

/** The environment of a container: what an image would bring, then envFrom, then env, each able to name earlier ones. */
export async function environmentOf(container: Container, pod: Pod, api: PodApi, server: URL): Promise<Environment> {
  const variables: Record<string, string> = {
    PATH,
    HOME: '/root',
    HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
    KUBERNETES_SERVICE_HOST: server.hostname,
    KUBERNETES_SERVICE_PORT: server.port,
  };
  const expand = (text: string) =>
    text.replaceAll(/\$\$|\$\(([^)]+)\)/g, (whole, name: string) =>
      whole === '$$' ? '$' : (variables[name] ?? whole),
    );
  for (const source of container.envFrom ?? []) {
    const ref = source.configMapRef ?? source.secretRef;
    if (ref === undefined) continue;
    const kind = source.configMapRef === undefined ? 'secrets' : 'configmaps';
    const files = (await api.files(kind, ref.name, ref.optional)) ?? {};
    for (const [key, value] of Object.entries(files)) variables[`${source.prefix ?? ''}${key}`] = value.toString();
  }
  for (const one of container.env ?? []) {
    const value = await valueOf(one, container, api, expand);
    if (value !== null) variables[one.name] = value;
  }
  return { variables, expand };
}

async function valueOf(
  { value, valueFrom }: NonNullable<Container['env']>[number],
  container: Container,
  api: PodApi,
  expand: (text: string) => string,
): Promise<string | null> {
  if (valueFrom === undefined) return expand(value ?? '');
  if (valueFrom.fieldRef !== undefined) return api.field(valueFrom.fieldRef.fieldPath);
  if (valueFrom.configMapKeyRef !== undefined) return api.key('configmaps', valueFrom.configMapKeyRef);
  if (valueFrom.secretKeyRef !== undefined) return api.key('secrets', valueFrom.secretKeyRef);
  const [list, ...name] = valueFrom.resourceFieldRef?.resource.split('.') ?? [];
  const amounts = list === 'limits' ? container.resources?.limits : container.resources?.requests;
  return String(quantity(amounts?.[name.join('.')]) ?? 0);
}
