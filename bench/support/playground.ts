import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Client } from '@temporalio/client';
import { WORKFLOW_TYPE } from '../../domain/messages.ts';
import { addClaim } from '../../test/cluster-support/claims.ts';
import { startCluster } from '../../test/cluster-support/cluster.ts';
import type { OwnCluster } from '../../test/cluster-support/cluster.ts';
import { addNamespace } from '../../test/cluster-support/namespaces.ts';
import { PLAY } from '../../test/cluster-support/played-stages.ts';
import { MERGE_PATCH } from '../../test/cluster-support/rest.ts';
import { startTemporal } from '../../test/support/temporal-env.ts';
import { makeWorld } from '../../test/support/world.ts';
import type { WorkerProcess } from '../../test/support/world.ts';
import { cpuOf } from './cpu.ts';

/** A cluster of played nodes, Temporal, and one worker as a process of its own. */
export interface Playground {
  readonly cluster: OwnCluster;
  readonly namespace: string;
  readonly client: Client;
  startWorker(): Promise<void>;
  start(number: number): Promise<void>;
  /** Jobs that are there. */
  submitted(): Promise<number>;
  jobs(): Promise<readonly string[]>;
  /** Pods that run. */
  running(): Promise<number>;
  /** Lets a job's pod end well, as a trainer that has written its output. */
  end(job: string): Promise<void>;
  /** Open watches at the API server by kind, out of its own metrics. */
  watches(): Promise<Readonly<Record<string, number>>>;
  /** Resident memory of the worker, MiB. */
  workerMemory(): number;
  /** Cores the worker keeps busy while nothing happens. */
  idleCpu(overSeconds: number): Promise<number>;
  until(what: string, holds: () => Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

const SPEC = {
  name: 'wait',
  code: { image: '/' },
  recipe: { kind: 'command', command: ['train'] },
  backend: { kind: 'kubernetes-job' },
  compute: { image: 'registry.test/train:1' },
} as const;

export async function openPlayground(): Promise<Playground> {
  const cluster = await startCluster();
  const temporal = await startTemporal();
  const namespace = await addNamespace(cluster.rest, 'bench');
  const workspace = mkdtempSync(join(tmpdir(), 'trainyard-bench-claim-'));
  chmodSync(workspace, 0o755);
  await addClaim(cluster.rest, { namespace, name: 'workspace', folder: workspace });
  const taskQueue = `queue-${namespace}`;
  const world = makeWorld({ address: temporal.address, taskQueue });
  const config = join(world.folder, '.config', 'trainyard');
  mkdirSync(config, { recursive: true });
  const site = {
    kubeconfig: cluster.kubeconfig,
    namespace,
    workspace: { root: workspace, claim: 'workspace' },
    pods: { nodeSelector: { kwok: 'played' }, annotations: { [PLAY.outcome]: 'hang' } },
  };
  writeFileSync(join(config, 'config.yaml'), stringify({ sites: { bench: site } }));
  const jobsPath = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const podsPath = `/api/v1/namespaces/${namespace}/pods`;
  const count = async (path: string): Promise<number> => {
    const page = await cluster.rest.want<Page>('GET', `${path}${path.includes('?') ? '&' : '?'}limit=1`);
    return page.items.length + (page.metadata.remainingItemCount ?? 0);
  };
  let worker: WorkerProcess | null = null;
  const status = (): string => readFileSync(`/proc/${worker?.child.pid}/status`, 'utf8');
  return {
    cluster,
    namespace,
    client: temporal.client,
    startWorker: async () => {
      // The first worker of new code bundles the workflows, which a package brings ready-made: 300 MB that are not its own.
      const first = await world.startWorker();
      first.child.kill('SIGTERM');
      await first.ended;
      // As deploy/kubernetes and deploy/Dockerfile set it.
      worker = await world.startWorker({ MALLOC_ARENA_MAX: '2' });
    },
    start: async (number) => {
      await temporal.client.workflow.start(WORKFLOW_TYPE, {
        taskQueue,
        workflowId: `run-wait-${number}`,
        args: [SPEC],
      });
    },
    submitted: () => count(jobsPath),
    jobs: async () => (await cluster.rest.want<Page>('GET', jobsPath)).items.map(({ metadata }) => metadata.name),
    running: async () => {
      // The server selects by phase but does not count what it selected.
      const page = await cluster.rest.want<Page>('GET', `${podsPath}?fieldSelector=status.phase%3DRunning`);
      return page.items.length;
    },
    end: async (job) => {
      const { items } = await cluster.rest.want<Page>('GET', `${podsPath}?labelSelector=trainyard.dev%2Fjob%3D${job}`);
      const [pod] = items;
      if (pod === undefined) throw new Error(`job ${job} has no pod`);
      const run = pod.metadata.annotations?.['trainyard.dev/run-id'] ?? '';
      writeFileSync(join(workspace, 'runs', run, 'output', 'model'), 'weights');
      const annotations = { [PLAY.outcome]: 'success', [PLAY.runFor]: '1ms' };
      await cluster.rest.want('PATCH', `${podsPath}/${pod.metadata.name}`, { metadata: { annotations } }, MERGE_PATCH);
    },
    watches: async () => watchesIn(await cluster.metrics()),
    workerMemory: () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(status())?.[1] ?? NaN) / 1024),
    idleCpu: async (overSeconds) => {
      const pid = worker?.child.pid ?? 0;
      const from = cpuOf(pid) ?? NaN;
      await sleep(overSeconds * 1000);
      return ((cpuOf(pid) ?? NaN) - from) / overSeconds;
    },
    until: async (what, holds) => {
      const end = performance.now() + 900_000;
      while (!(await holds())) {
        if (performance.now() > end) throw new Error(`did not happen within 15 min: ${what}`);
        await sleep(2000);
      }
    },
    close: async () => {
      await world.close();
      await temporal.stop();
      await cluster.stop();
      rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Page {
  readonly metadata: { readonly remainingItemCount?: number };
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  }[];
}

/** `apiserver_longrunning_requests` of verb WATCH, summed by resource. */
function watchesIn(metrics: string): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const line of metrics.split('\n')) {
    if (!line.startsWith('apiserver_longrunning_requests{') || !line.includes('verb="WATCH"')) continue;
    const group = /[{,]group="([^"]*)"/.exec(line)?.[1] ?? '';
    const resource = /[{,]resource="([^"]*)"/.exec(line)?.[1] ?? '';
    const key = group === '' ? resource : `${resource}.${group}`;
    // The player of nodes starts the watches of its own kinds late.
    if (group === 'kwok.x-k8s.io') continue;
    found[key] = (found[key] ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return found;
}
