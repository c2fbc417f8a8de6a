import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Trainyard } from '../../client/index.ts';
import { gitRunner, makeDemoRepos } from '../../worker/demo-repos.ts';
import { toolPath } from '../../adapters/tools/locate.ts';
import { freePorts } from './free-ports.ts';
import { startTemporal } from '../support/temporal-env.ts';
import type { TemporalEnv } from '../support/temporal-env.ts';
import { makeWorld } from '../support/world.ts';
import type { World, WorkerProcess } from '../support/world.ts';
import { git } from '../support/world-repos.ts';
import { addClaim } from './claims.ts';
import { leastKubeconfig } from './least-privilege.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';
import type { Cluster } from './cluster.ts';
import { ON_LOCAL_NODE } from './local-node.ts';
import { addNamespace, removeNamespace } from './namespaces.ts';
import { podsOf } from './jobs.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/digits', import.meta.url));

/** A worker that serves one cluster's site, with the repositories of the digits beside it. */
export interface ClusterWorld {
  readonly world: World;
  readonly namespace: string;
  readonly workspace: string;
  readonly temporal: TemporalEnv;
  readonly sdk: Trainyard;
  readonly output: string;
  worker(): WorkerProcess;
  restartWorker(signal?: NodeJS.Signals): Promise<void>;
  /** The example's spec with another backend, and the addresses of this world's repositories. */
  digits(backend: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

interface ClusterWorldOptions {
  /** Left out, the administrator's. */
  readonly kubeconfig?: (namespace: string) => Promise<string>;
  readonly pods?: Readonly<Record<string, unknown>>;
  /** Instead of a claim that worker and pods share. */
  readonly storage?: (at: StoragePlace) => Promise<OwnStorage>;
}

export interface StoragePlace {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly world: World;
  /** Folder of the bare repositories `model.git`, `dataset.git` and `output.git`. */
  readonly repos: string;
  readonly workspace: string;
}

export interface OwnStorage {
  /** `workspace` of the site's settings. */
  readonly workspace: Readonly<Record<string, unknown>>;
  /** Fields of the spec. */
  readonly spec: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Everything that runs belongs to the folder of the world and ends with it. */
export async function openClusterWorld(cluster: Cluster, options: ClusterWorldOptions = {}): Promise<ClusterWorld> {
  const temporal = await startTemporal();
  const namespace = await addNamespace(cluster.rest, 'world');
  const workspace = mkdtempSync(join(tmpdir(), 'trainyard-claim-'));
  chmodSync(workspace, 0o755);
  const world = makeWorld({ address: temporal.address, taskQueue: `queue-${namespace}` });
  const repos = join(world.folder, 'repos', 'digits');
  const own = (await options.storage?.({ cluster, namespace, world, repos, workspace })) ?? null;
  if (own === null) await addClaim(cluster.rest, { namespace, name: 'workspace', folder: workspace });
  const settings = {
    sites: {
      test: {
        kubeconfig: (await options.kubeconfig?.(namespace)) ?? cluster.kubeconfig,
        namespace,
        workspace: own?.workspace ?? { root: workspace, claim: 'workspace' },
        taskQueue: `queue-${namespace}-test`,
        pods: options.pods ?? ON_LOCAL_NODE,
      },
    },
  };
  const config = join(world.folder, '.config', 'trainyard');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'config.yaml'), stringify(settings));
  const demo = await makeDemoRepos({ directory: repos, example: EXAMPLE, run: gitRunner(toolPath(process.env)) });
  let worker = await world.startWorker();
  const sdk = await world.sdk();
  return {
    world,
    namespace,
    workspace,
    temporal,
    sdk,
    output: demo.output,
    worker: () => worker,
    async restartWorker(signal = 'SIGKILL') {
      worker.child.kill(signal);
      await worker.ended;
      worker = await world.startWorker();
    },
    async digits(backend) {
      const example = parse(readFileSync(join(EXAMPLE, 'trainyard.yaml'), 'utf8')) as Record<string, object>;
      // Pods of this machine share its network: two jobs at once must not meet at one port.
      const [rendezvousPort = 0] = await freePorts(1);
      return {
        ...example,
        model: { ...example['model'], repo: demo.model },
        dataset: { ...example['dataset'], repo: demo.dataset },
        output: { repo: demo.output, branch: '{run}' },
        credentials: null,
        compute: { ...example['compute'], rendezvousPort },
        ...own?.spec,
        backend,
      };
    },
    async close() {
      await world.close();
      await own?.close();
      await removeNamespace(cluster.rest, namespace);
      await temporal.stop();
      rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Trains the digits for real and looks at everything that has to be there afterwards. */
export async function trainsDigits(
  cluster: Cluster,
  on: ClusterWorld,
  backend: Readonly<Record<string, unknown>>,
): Promise<void> {
  const run = await on.sdk.start(await on.digits(backend));
  const view = await run.result();
  expect(view).toMatchObject({ status: 'succeeded', error: null, cause: null });
  expect(view.metrics?.['accuracy']).toBeGreaterThanOrEqual(0.9);
  // The model is on the output branch, as LFS.
  const folder = fileURLToPath(on.output);
  const tree = git(folder, 'ls-tree', '-r', '--name-only', view.runId).split('\n');
  expect(tree).toContain('trainyard.json');
  const model = tree.find((path) => path.endsWith('.torchscript'));
  expect(git(folder, 'show', `${view.runId}:${model ?? ''}`)).toContain('git-lfs');
  // The pods are gone, and both ranks' logs are there.
  expect(await podsOf(cluster.rest, on.namespace, 'trainyard.dev/job')).toEqual([]);
  const logs = join(on.workspace, 'runs', view.runId, 'logs');
  const [train = ''] = readdirSync(logs).filter((name) => name.endsWith('-t1'));
  const texts = [0, 1].map((rank) => readFileSync(join(logs, train, `worker-${rank}.log`), 'utf8'));
  for (const text of texts) expect(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z /);
  expect(texts[0]).toMatch(/epoch/i);
  const metrics = readFileSync(join(on.workspace, 'runs', view.runId, 'metrics.jsonl'), 'utf8');
  expect(metrics.trim().split('\n').length).toBeGreaterThan(3);
}

/** The example on backends of the ring's cluster; whole runs need no more than the rights of the table. */
export function describeDigits(kinds: readonly ClusterBackendKind[]): void {
  describe('the example of the digits', () => {
    let cluster: Cluster;
    let on: ClusterWorld;

    beforeAll(async () => {
      cluster = await sharedCluster();
      on = await openClusterWorld(cluster, { kubeconfig: (namespace) => leastKubeconfig(cluster, namespace) });
    }, CLUSTER_START_MS);

    afterAll(async () => {
      await on?.close();
      await cluster.stop();
    });

    it.each(kinds)('trains on %s and gives a model on the output branch', async (kind) => {
      await trainsDigits(cluster, on, { kind });
    });
  });
}
