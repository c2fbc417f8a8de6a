import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from './certificates.ts';
import type { Children } from './children.ts';
import { eventually } from './eventually.ts';
import { flags } from './flags.ts';
import { freePorts } from './free-ports.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { apply, applyDefinitions, readManifests } from './objects.ts';
import type { KubeObject } from './objects.ts';
import { playedStages } from './played-stages.ts';
import { programsOf } from './programs.ts';
import type { Rest } from './rest.ts';

/** A node that is only played, and what it says it has. */
export interface PlayedNode {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly resources: Readonly<Record<string, string>>;
}

const big = { cpu: '96', memory: '1024Gi', 'ephemeral-storage': '2Ti', pods: '1000', 'nvidia.com/gpu': '8' };

/** Two nodes of eight GPUs, one with a GPU that is shared in HAMi's terms, and one without. */
export const PLAYED_NODES: readonly PlayedNode[] = [
  { name: 'gpu-a', labels: { 'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3' }, resources: big },
  { name: 'gpu-b', labels: { 'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3' }, resources: big },
  {
    name: 'gpu-small',
    labels: { 'nvidia.com/gpu.product': 'Tesla-T4' },
    resources: {
      cpu: '16',
      memory: '64Gi',
      pods: '110',
      'nvidia.com/gpu': '1',
      'nvidia.com/gpualloc': '10',
      'nvidia.com/gpucores': '100',
      'nvidia.com/gpumem': '16384',
    },
  },
  { name: 'cpu-a', resources: { cpu: '512', memory: '2048Gi', 'ephemeral-storage': '2Ti', pods: '4000' } },
];

/** Pods land on a played node by the node selector `kwok: played`. */
export function nodeObject({ name, labels, resources }: PlayedNode): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        kwok: 'played',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        ...labels,
      },
    },
    status: { capacity: resources, allocatable: resources },
  };
}

interface NodeStatus {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Starts KWOK, which plays the nodes and every pod on them, and waits until they are ready. */
export async function startPlayedNodes(
  cluster: { readonly rest: Rest; readonly server: string; readonly stateDir: string },
  authority: Authority,
  children: Children,
  nodes: readonly PlayedNode[],
): Promise<void> {
  const { rest, server, stateDir } = cluster;
  const programs = programsOf('kwok');
  await applyDefinitions(rest, readManifests(join(programs, 'crds')));
  mkdirSync(join(stateDir, 'played-logs'), { recursive: true });
  playLog(stateDir, []);
  await apply(rest, [...playedStages(), logsOfAll(stateDir)]);
  const identity = authority.issue('kwok', 'kwok', 'system:masters', 'IP:127.0.0.1,DNS:localhost');
  const config = { server, caFile: authority.ca.cert };
  const [port = 0] = await freePorts(1);
  const kwok = flags({
    kubeconfig: writeKubeconfig(join(stateDir, 'kwok.kubeconfig'), config, identity),
    'manage-nodes-with-label-selector': 'kwok=played',
    'node-ip': '127.0.0.1',
    'node-port': port,
    'server-address': `127.0.0.1:${port}`,
    'tls-cert-file': identity.cert,
    'tls-private-key-file': identity.key,
    'enable-crds': 'Stage,ClusterLogs,Logs',
    'node-lease-duration-seconds': 40,
  });
  children.start('kwok', join(programs, 'kwok'), kwok);
  await apply(rest, nodes.map(nodeObject));
  for (const { name } of nodes) {
    await eventually(`the played node ${name} is ready`, 60, async () => {
      const { status } = await rest.want<NodeStatus>('GET', `/api/v1/nodes/${name}`);
      return status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True');
    });
  }
}

function logsOfAll(stateDir: string): KubeObject {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'ClusterLogs',
    metadata: { name: 'every-played-pod' },
    spec: { logs: [{ logsFile: logFile(stateDir), follow: false }] },
  };
}

function logFile(stateDir: string): string {
  return join(stateDir, 'played-logs', 'every-played-pod.log');
}

/** What every played pod has written, from now on. */
export function playLog(stateDir: string, lines: readonly string[]): void {
  const stamp = new Date().toISOString().replace('Z', '000000Z');
  writeFileSync(logFile(stateDir), lines.map((line) => `${stamp} stdout F ${line}\n`).join(''));
}

/** What one played pod has written; it needs no pod of that name yet. */
export async function playLogOf(
  cluster: { readonly rest: Rest; readonly stateDir: string },
  pod: { readonly namespace: string; readonly name: string },
  lines: readonly string[],
): Promise<void> {
  const file = join(cluster.stateDir, 'played-logs', `${pod.namespace}_${pod.name}.log`);
  const stamp = new Date().toISOString().replace('Z', '000000Z');
  writeFileSync(file, lines.map((line) => `${stamp} stdout F ${line}\n`).join(''));
  const logs = [{ logsFile: file, follow: false }];
  await apply(cluster.rest, [{ apiVersion: 'kwok.x-k8s.io/v1alpha1', kind: 'Logs', metadata: pod, spec: { logs } }]);
}
