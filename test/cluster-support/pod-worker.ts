import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';
import { startTemporal } from '../support/temporal-env.ts';
import type { TemporalEnv } from '../support/temporal-env.ts';
import { makeWorld } from '../support/world.ts';
import type { World } from '../support/world.ts';
import { addClaim } from './claims.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import { grantLeast, WORKER_ACCOUNT } from './least-privilege.ts';
import { ON_LOCAL_NODE } from './local-node.ts';
import { addNamespace, removeNamespace } from './namespaces.ts';
import { apply } from './objects.ts';
import type { KubeObject } from './objects.ts';

const MAIN = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
const POD = 'trainyard-worker-0';

/** A worker in a pod of the cluster, as `deploy/kubernetes` has it, and a machine that sees nothing of its workspace. */
export interface PodWorker {
  readonly world: World;
  readonly temporal: TemporalEnv;
  readonly namespace: string;
  readonly pod: string;
  /** The workspace, which only this test knows the place of. */
  readonly workspace: string;
  /** Where the worker sees it. */
  readonly root: string;
  /** Home and environment of somebody with this kubeconfig and nothing else. */
  person(kubeconfig: string): Promise<Pick<World, 'folder' | 'env'>>;
  close(): Promise<void>;
}

/** The worker has the rights of the table and the token of its pod, and gives out the files of its runs. */
export async function openPodWorker(
  cluster: Cluster,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<PodWorker> {
  const temporal = await startTemporal();
  const namespace = await addNamespace(cluster.rest, 'pod');
  const workspace = mkdtempSync(join(tmpdir(), 'trainyard-claim-'));
  chmodSync(workspace, 0o755);
  await addClaim(cluster.rest, { namespace, name: 'workspace', folder: workspace });
  await grantLeast(cluster, namespace, CLUSTER_BACKENDS, false);
  const world = makeWorld({ address: temporal.address, taskQueue: `queue-${namespace}` });
  const [port = 0] = await freePorts(1);
  const root = `/workspace-${namespace}`;
  const site = {
    namespace,
    workspace: { root, claim: 'workspace' },
    taskQueue: `queue-${namespace}-gpu`,
    pods: ON_LOCAL_NODE,
    files: { port },
    ...settings,
  };
  writeSettings(world.folder, site);
  await apply(cluster.rest, [workerPod(world, { namespace, root })]);
  const log = `/api/v1/namespaces/${namespace}/pods/${POD}/log`;
  await eventually('the worker in its pod serves its site', 120, async () =>
    (await cluster.rest.want<string>('GET', log)).includes('the site is served'),
  );
  return {
    world,
    temporal,
    namespace,
    pod: POD,
    workspace,
    root,
    async person(kubeconfig) {
      const folder = mkdtempSync(join(world.folder, 'person-'));
      const token = join(folder, 'gpu.token');
      await eventually('the token of the files is there', 30, () => existsSync(join(workspace, 'files-token')));
      writeFileSync(token, readFileSync(join(workspace, 'files-token')), { mode: 0o600 });
      writeSettings(folder, { ...site, kubeconfig });
      const { PATH } = process.env;
      return { folder, env: { PATH, HOME: folder, TRAINYARD_FILES_TOKEN_FILE: token } };
    },
    async close() {
      await world.close();
      await removeNamespace(cluster.rest, namespace);
      await temporal.stop();
      rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function writeSettings(home: string, site: Readonly<Record<string, unknown>>): void {
  const folder = join(home, '.config', 'trainyard');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.yaml'), stringify({ sites: { gpu: site } }));
}

function workerPod(
  world: World,
  { namespace, root }: { readonly namespace: string; readonly root: string },
): KubeObject {
  const names = [
    'PATH',
    'XDG_CACHE_HOME',
    'HOME',
    ...Object.keys(world.env).filter((name) => /^(TEMPORAL|TRAINYARD)_/.test(name)),
  ];
  const env = { ...Object.fromEntries(names.map((name) => [name, world.env[name]])), TRAINYARD_WORKSPACE: '/own' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: POD,
      namespace,
      labels: { 'app.kubernetes.io/name': 'trainyard', 'app.kubernetes.io/component': 'worker' },
    },
    spec: {
      ...ON_LOCAL_NODE,
      restartPolicy: 'Never',
      serviceAccountName: WORKER_ACCOUNT,
      containers: [
        {
          name: 'worker',
          image: 'registry.test/trainyard:1',
          command: [process.execPath, MAIN, 'worker'],
          workingDir: world.folder,
          env: Object.entries(env).map(([name, value]) => ({ name, value })),
          volumeMounts: [
            { name: 'workspace', mountPath: root },
            { name: 'world', mountPath: world.folder },
          ],
        },
      ],
      volumes: [
        { name: 'workspace', persistentVolumeClaim: { claimName: 'workspace' } },
        { name: 'world', hostPath: { path: world.folder } },
      ],
    },
  };
}
