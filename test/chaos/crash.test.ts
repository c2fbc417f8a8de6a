import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunHandle } from '../../client/index.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { openClusterWorld } from '../cluster-support/digits.ts';
import type { ClusterWorld } from '../cluster-support/digits.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { follow } from '../cluster-support/rest.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

interface SeenJob {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: { readonly active?: number; readonly succeeded?: number };
}

let cluster: Cluster;
let on: ClusterWorld;
/** Every Job there ever was, by its uid. */
const made = new Map<string, SeenJob>();
const auditing = new AbortController();

beforeAll(async () => {
  cluster = await sharedCluster();
  on = await openClusterWorld(cluster);
  const path = `/apis/batch/v1/namespaces/${on.namespace}/jobs`;
  void follow<SeenJob>(cluster.rest, path, (job) => made.set(job.metadata.uid, job), auditing.signal);
}, CLUSTER_START_MS);

afterAll(async () => {
  auditing.abort();
  await on?.close();
  await cluster.stop();
});

beforeEach(() => made.clear());

/** A run whose training takes so long, on plain Jobs. */
function start(seconds: number): Promise<RunHandle> {
  const script = `echo started >> "$TRAINYARD_OUTPUT_DIR/starts"; sleep ${seconds}; cp model.torchscript "$TRAINYARD_OUTPUT_DIR/"`;
  const spec = on.world.spec({
    backend: { kind: 'kubernetes-job' },
    compute: { image: 'registry.test/train:1' },
    recipe: { kind: 'command', command: ['sh', '-c', script] },
  });
  const { serve: _serve, ...rest } = spec;
  return on.sdk.start(rest);
}

async function endsWell(run: RunHandle): Promise<void> {
  const view = await run.result({ signal: AbortSignal.timeout(150_000) });
  expect(view).toMatchObject({ status: 'succeeded', error: null, cause: null });
  // One Job to train and one to package, and the training began once.
  const names = [...made.values()].map(({ metadata }) => metadata.name).toSorted();
  expect(names).toEqual([expect.stringMatching(/-p1$/), expect.stringMatching(/-t1$/)]);
  const starts = readFileSync(join(on.workspace, 'runs', view.runId, 'output', 'starts'), 'utf8');
  expect(starts).toBe('started\n');
  const left = await cluster.rest.want<{ items: unknown[] }>('GET', `/apis/batch/v1/namespaces/${on.namespace}/jobs`);
  expect(left.items).toEqual([]);
}

const trains = (holds: (job: SeenJob) => boolean): Promise<unknown> =>
  eventually('the training job', 60, () =>
    [...made.values()].some((job) => job.metadata.name.endsWith('-t1') && holds(job)),
  );

describe('a run on a cluster whose worker is killed', () => {
  it.each(['job.created', 'job.awaiting', 'job.created:2'])(
    'at %s has one job of each kind and ends well',
    async (point) => {
      await on.restartWorker();
      on.worker().child.kill('SIGKILL');
      const doomed = await on.world.startWorker({ TRAINYARD_TEST_CRASH: point });
      const run = await start(1);
      const death = await doomed.ended;
      expect(death.signal, `${point} was never reached:\n${doomed.lines.join('\n')}`).toBe('SIGKILL');
      await on.restartWorker();
      await endsWell(run);
    },
  );

  it('while its job runs is told by the next worker of a job that ended while none was there', async () => {
    await on.restartWorker();
    const run = await start(4);
    await trains(({ status }) => (status.active ?? 0) > 0);
    on.worker().child.kill('SIGKILL');
    await on.worker().ended;
    await trains(({ status }) => (status.succeeded ?? 0) > 0);
    await on.restartWorker();
    await endsWell(run);
  });
});

describe('a run on a cluster whose API server is killed', () => {
  it('while its job runs has one job of each kind and ends well', async () => {
    await on.restartWorker();
    const run = await start(4);
    await trains(({ status }) => (status.active ?? 0) > 0);
    await cluster.kill('kube-apiserver');
    await delay(3000);
    await cluster.restart('kube-apiserver');
    await endsWell(run);
  });
});
