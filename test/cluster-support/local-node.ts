import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OwnCluster } from './cluster.ts';
import { ready } from './control-plane.ts';
import { freePorts } from './free-ports.ts';
import type { LocalNodeConfig } from './localnode/main.ts';

const MAIN = fileURLToPath(new URL('localnode/main.ts', import.meta.url));

/** The taint of the local node: only pods that tolerate this key and ask for the label `node: local` land on it. */
export const LOCAL_TAINT = 'trainyard.test/local';

export interface LocalNodeOptions {
  /** `localnode` when left out. */
  readonly name?: string;
  /** Besides the cores, 16 GiB of memory and room for 50 pods that it says it has; such as `nvidia.com/gpu`. */
  readonly resources?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** `LOCAL_TAINT` when left out, no taint when null. */
  readonly taint?: string | null;
}

/** Fields of a pod's spec that bring it to the local node. */
export const ON_LOCAL_NODE = {
  nodeSelector: { node: 'local' },
  tolerations: [{ key: LOCAL_TAINT, operator: 'Exists' }],
} as const;

/** Adds a node whose containers really run, as local processes. Needs root on Linux. */
export async function addLocalNode(cluster: OwnCluster, options: LocalNodeOptions = {}): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      'the local node mounts and limits what it runs: run the tests as root, for instance in a container',
    );
  }
  const name = options.name ?? 'localnode';
  const [port = 0] = await freePorts(1);
  const identity = cluster.authority.issue(name, `system:node:${name}`, 'system:masters', 'IP:127.0.0.1,DNS:localhost');
  const config: LocalNodeConfig = {
    name,
    port,
    labels: { node: 'local', ...options.labels },
    resources: {
      cpu: String(8 * cpus().length),
      memory: '16Gi',
      'ephemeral-storage': '50Gi',
      pods: '50',
      ...options.resources,
    },
    taint: options.taint === undefined ? LOCAL_TAINT : options.taint,
    server: cluster.server,
    caFile: cluster.caFile,
    ...identity,
    work: join(cluster.stateDir, name),
  };
  const env = { LOCAL_NODE: JSON.stringify(config) };
  cluster.children.start(name, process.execPath, [MAIN], { env, ownMounts: true });
  await ready(cluster.children, name, async () => {
    const answer = await cluster.rest.send(
      'GET',
      `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`,
    );
    return answer.status === 200;
  });
}
