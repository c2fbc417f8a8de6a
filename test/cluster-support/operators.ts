import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { OwnCluster } from './cluster.ts';
import { ready } from './control-plane.ts';
import { freePorts } from './free-ports.ts';
import { apply, applyDefinitions, readManifests } from './objects.ts';
import type { KubeObject } from './objects.ts';
import { programsOf } from './programs.ts';
import { onLoopback } from './webhooks.ts';

const OPERATORS = [
  {
    name: 'jobset',
    namespace: 'jobset-system',
    group: 'config.jobset.x-k8s.io',
    certificates: 'internalCertManagement',
  },
  {
    name: 'trainer',
    namespace: 'kubeflow-system',
    group: 'config.trainer.kubeflow.org',
    certificates: 'certManagement',
  },
] as const;

/** Adds the real controllers of JobSet and of Kubeflow Trainer, their admission webhooks included. */
export async function addOperators(cluster: OwnCluster): Promise<void> {
  const programs = programsOf('operators');
  for (const { name } of OPERATORS) {
    await applyDefinitions(cluster.rest, readManifests(join(programs, `${name}-crds`)));
  }
  for (const operator of OPERATORS) await addOperator(cluster, programs, operator);
}

async function addOperator(
  cluster: OwnCluster,
  programs: string,
  { name, namespace, group, certificates }: (typeof OPERATORS)[number],
): Promise<void> {
  const { rest, authority, children, stateDir } = cluster;
  const [port = 0, health = 0] = await freePorts(2);
  // Both look for their certificate under the temporary folder.
  const temporary = join(stateDir, name);
  const serving = join(temporary, 'k8s-webhook-server', 'serving-certs');
  mkdirSync(serving, { recursive: true });
  const identity = authority.issue(name, name, 'trainyard-tests', 'IP:127.0.0.1,DNS:localhost');
  copyFileSync(identity.cert, join(serving, 'tls.crt'));
  copyFileSync(identity.key, join(serving, 'tls.key'));
  const configuration = join(stateDir, `${name}.yaml`);
  writeFileSync(
    configuration,
    JSON.stringify({
      apiVersion: `${group}/v1alpha1`,
      kind: 'Configuration',
      [certificates]: { enable: false },
      leaderElection: { leaderElect: false },
      health: { healthProbeBindAddress: `127.0.0.1:${health}` },
      metrics: { bindAddress: '0' },
      webhook: { host: '127.0.0.1', port },
    }),
  );
  await apply(rest, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  const env = { TMPDIR: temporary, KUBECONFIG: cluster.kubeconfig };
  children.start(name, join(programs, name), ['--config', configuration], { env, watchesFiles: true });
  const isUp = () => answers(`http://127.0.0.1:${health}/readyz`);
  await ready(children, name, isUp);
  const where = { prefix: name, server: `https://127.0.0.1:${port}`, caFile: cluster.caFile };
  await apply(rest, onLoopback(readManifests(join(programs, `${name}-webhooks.yaml`)), where));
}

/** Whether a server answers 200. */
export function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once('error', () => resolve(false));
  });
}

/** Whether somebody listens on a port of loopback. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}

/** A runtime of Kubeflow Trainer for PyTorch, as its own manifests have it, whose pods are what `pod` adds. */
export function torchRuntime(name: string, pod: Readonly<Record<string, unknown>> = {}): KubeObject {
  const containers = [{ name: 'node', image: 'registry.test/torch:1' }];
  return {
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'ClusterTrainingRuntime',
    metadata: { name, labels: { 'trainer.kubeflow.org/framework': 'torch' } },
    spec: {
      mlPolicy: { numNodes: 1, torch: {} },
      template: {
        spec: {
          replicatedJobs: [
            {
              name: 'node',
              template: {
                metadata: { labels: { 'trainer.kubeflow.org/trainjob-ancestor-step': 'trainer' } },
                spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers, ...pod } } },
              },
            },
          ],
        },
      },
    },
  };
}
