import { addressOf } from './address.ts';
import { StartError } from './pod.ts';
import type { Pod } from './pod.ts';
import { RestError } from '../rest.ts';
import type { Rest } from '../rest.ts';

interface Data {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** What a pod may read of its own namespace through the node. */
export class PodApi {
  readonly #rest: Rest;
  readonly #pod: Pod;
  readonly #node: string;

  constructor(rest: Rest, pod: Pod, node: string) {
    this.#rest = rest;
    this.#pod = pod;
    this.#node = node;
  }

  /** All files of a ConfigMap or Secret; null when it is optional and not there. */
  async files(
    kind: 'configmaps' | 'secrets',
    name: string,
    optional = false,
  ): Promise<Readonly<Record<string, Buffer>> | null> {
    const path = `/api/v1/namespaces/${this.#pod.metadata.namespace}/${kind}/${name}`;
    try {
      const { data = {}, binaryData = {} } = await this.#rest.want<Data>('GET', path);
      const decode = (encoding: BufferEncoding, all: Readonly<Record<string, string>>) =>
        Object.entries(all).map(([key, value]) => [key, Buffer.from(value, encoding)] as const);
      return Object.fromEntries([
        ...decode(kind === 'secrets' ? 'base64' : 'utf8', data),
        ...decode('base64', binaryData),
      ]);
    } catch (error) {
      if (!(error instanceof RestError) || error.status !== 404) throw error;
      if (optional) return null;
      const what = kind === 'secrets' ? 'secret' : 'configmap';
      throw new StartError('CreateContainerConfigError', `${what} "${name}" not found`);
    }
  }

  /** One key as text; null when it is optional and not there. */
  async key(
    kind: 'configmaps' | 'secrets',
    ref: { readonly name: string; readonly key: string; readonly optional?: boolean },
  ): Promise<string | null> {
    const files = await this.files(kind, ref.name, ref.optional);
    const value = files?.[ref.key];
    if (value !== undefined) return value.toString();
    if (ref.optional === true) return null;
    const where = `${kind === 'secrets' ? 'Secret' : 'ConfigMap'} ${this.#pod.metadata.namespace}/${ref.name}`;
    throw new StartError('CreateContainerConfigError', `couldn't find key ${ref.key} in ${where}`);
  }

  /** A field of the pod itself, as the downward API names it. */
  field(path: string): string {
    const { metadata, spec } = this.#pod;
    const map = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
    if (map !== null) return metadata[map[1] as 'labels' | 'annotations']?.[map[2] ?? ''] ?? '';
    const fields: Readonly<Record<string, string>> = {
      'metadata.name': metadata.name,
      'metadata.namespace': metadata.namespace,
      'metadata.uid': metadata.uid,
      'spec.nodeName': this.#node,
      'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
      'status.podIP': addressOf(this.#pod),
      'status.podIPs': addressOf(this.#pod),
      'status.hostIP': '127.0.0.1',
    };
    return fields[path] ?? '';
  }

  /** A token of the pod's service account, bound to the pod. */
  async token(audience?: string): Promise<string> {
    const { metadata, spec } = this.#pod;
    const account = `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${spec.serviceAccountName ?? 'default'}`;
    const { status } = await this.#rest.want<{ status: { token: string } }>('POST', `${account}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(audience === undefined ? {} : { audiences: [audience] }),
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid },
      },
    });
    return status.token;
  }

  /** The folder of this machine that a bound claim stands for. */
  async claimFolder(claim: string): Promise<string> {
    const path = `/api/v1/namespaces/${this.#pod.metadata.namespace}/persistentvolumeclaims/${claim}`;
    const { spec } = await this.#rest.want<{ spec: { volumeName?: string } }>('GET', path);
    if (spec.volumeName === undefined) throw new Error(`claim ${claim} is not bound`);
    const volume = await this.#rest.want<{ spec: { hostPath?: { path: string } } }>(
      'GET',
      `/api/v1/persistentvolumes/${spec.volumeName}`,
    );
    const folder = volume.spec.hostPath?.path;
    if (folder === undefined) throw new Error(`volume ${spec.volumeName} is no folder of this machine`);
    return folder;
  }

  /** Tells of the pod in an Event, as a kubelet would. */
  async warn(reason: string, message: string): Promise<void> {
    const { namespace, name, uid } = this.#pod.metadata;
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    await this.#rest.send('POST', `/api/v1/namespaces/${namespace}/events`, {
      metadata: { name: `${name}.${reason.toLowerCase()}.${Date.now().toString(16)}`, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
      type: 'Warning',
      reason,
      message,
      source: { component: 'kubelet', host: this.#node },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
  }
}
