import { setTimeout as delay } from 'node:timers/promises';
import { MERGE_PATCH } from '../rest.ts';
import type { Rest } from '../rest.ts';
import { now } from './container-run.ts';
import { SPEAKS_WEBSOCKETS } from './stream-server.ts';

const HEARTBEAT = 10_000;

export interface NodeOptions {
  readonly name: string;
  /** Where its logs, commands and ports are served. */
  readonly port: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly resources: Readonly<Record<string, string>>;
  /** Pods without a toleration of this key stay away; none when null. */
  readonly taint: string | null;
}

/** Makes the node known, or known again. */
export async function registerNode(rest: Rest, options: NodeOptions): Promise<void> {
  const { name, port, labels, resources, taint } = options;
  const system = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
  const created = await rest.send('POST', '/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { ...system, ...labels } },
    ...(taint === null ? {} : { spec: { taints: [{ key: taint, value: 'true', effect: 'NoSchedule' }] } }),
  });
  if (created.status >= 300 && created.status !== 409) throw new Error(`the node was refused: ${created.status}`);
  const time = now();
  const condition = (type: string, status: string) => ({
    type,
    status,
    reason: 'LocalNode',
    message: '',
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  });
  const nothing = { bootID: '', machineID: '', systemUUID: '', kernelVersion: '', kubeProxyVersion: '' };
  const status = {
    capacity: resources,
    allocatable: resources,
    declaredFeatures: [SPEAKS_WEBSOCKETS],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    addresses: [
      { type: 'InternalIP', address: '127.0.0.1' },
      { type: 'Hostname', address: name },
    ],
    nodeInfo: {
      ...nothing,
      architecture: 'amd64',
      operatingSystem: 'linux',
      osImage: 'this machine',
      containerRuntimeVersion: 'local://1',
      kubeletVersion: 'local',
    },
    conditions: [
      condition('Ready', 'True'),
      ...['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => condition(type, 'False')),
    ],
  };
  await rest.want('PATCH', `/api/v1/nodes/${name}/status`, { status }, MERGE_PATCH);
}

/** Renews the node's lease for ever: without it the cluster takes the node for dead after 40 seconds. */
export async function beat(rest: Rest, name: string): Promise<never> {
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
  const spec = () => ({
    holderIdentity: name,
    leaseDurationSeconds: 40,
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  });
  for (;;) {
    const metadata = { name, namespace: 'kube-node-lease' };
    const renewed = await rest.send('PATCH', `${path}/${name}`, { spec: spec() }, MERGE_PATCH).catch(() => null);
    if (renewed?.status === 404) {
      const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: spec() };
      await rest.send('POST', path, lease).catch(() => null);
    }
    await delay(HEARTBEAT);
  }
}
