import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunView } from '../../domain/run-state.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { openClusterWorld } from '../cluster-support/digits.ts';
import type { ClusterWorld } from '../cluster-support/digits.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { expectNothingLeft } from '../cluster-support/leftovers.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

const SECONDS = 90;

/** Trains until it is told to stop, and says each time that it has begun. */
const UNTIL_TOLD = [
  'echo begun; touch "$TRAINYARD_OUTPUT_DIR/begun"',
  'until [ -e "$TRAINYARD_OUTPUT_DIR/go" ]; do sleep 0.1; done',
].join('\n');

let cluster: Cluster;
let on: ClusterWorld;
beforeAll(async () => {
  cluster = await sharedCluster();
}, CLUSTER_START_MS);
afterAll(() => cluster.stop());
beforeEach(async () => {
  on = await openClusterWorld(cluster);
}, 120_000);
afterEach(() => on.close());

interface Job {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly suspend?: boolean };
}

const jobs = async (): Promise<readonly Job[]> =>
  (await cluster.rest.want<{ items: readonly Job[] }>('GET', `/apis/batch/v1/namespaces/${on.namespace}/jobs`)).items;

async function training(): Promise<{ runId: string; output: string }> {
  const {
    package: _package,
    evaluate: _evaluate,
    serve: _serve,
    output: _output,
    ...spec
  } = on.world.spec({
    backend: { kind: 'kubernetes-job' },
    compute: { image: 'registry.test/train:1' },
    recipe: { kind: 'command', command: ['sh', '-c', UNTIL_TOLD] },
  });
  const { runId } = await on.sdk.start({ ...spec, package: { kind: 'none' }, output: null, serve: null });
  const output = `${on.workspace}/runs/${runId}/output`;
  await eventually('it trains', SECONDS, () => existsSync(`${output}/begun`));
  return { runId, output };
}

const when = (runId: string, holds: (view: RunView) => boolean): Promise<unknown> =>
  eventually('the run says so', SECONDS, async () => holds(await on.sdk.get(runId)));

describe('a worker that is killed', () => {
  it('before it has suspended a job, and after it has resumed one, has done both once', async () => {
    const { runId, output } = await training();
    await kill();
    const dying = await on.world.startWorker({ TRAINYARD_TEST_CRASH: 'job.suspending' });
    const suspending = eventually('it is accepted', SECONDS, () => on.sdk.suspend(runId, { by: 'lin' }));
    await dying.ended;
    expect((await jobs()).map(({ spec }) => spec.suspend === true)).toEqual([false]);
    const next = await on.world.startWorker({ TRAINYARD_TEST_CRASH: 'job.resumed' });
    expect(await suspending).toBe('suspended');
    expect((await jobs()).map(({ spec }) => spec.suspend)).toEqual([true]);
    await when(runId, ({ status, job }) => status === 'suspended' && job?.reason === 'suspended by lin');
    const resuming = on.sdk.resume(runId);
    await next.ended;
    await on.world.startWorker();
    expect(await resuming).toBe('running');
    await when(runId, ({ status, job }) => status === 'running' && job?.reason === null);
    writeFileSync(`${output}/go`, '');
    expect(await on.sdk.result(runId)).toMatchObject({ status: 'succeeded' });
    const [{ name } = { name: '' }] = (await jobs()).map(({ metadata }) => metadata);
    expect((await jobs()).filter((one) => one.metadata.name !== name)).toEqual([]);
  }, 300_000);
});

describe('a run that is suspended', () => {
  it('is cancelled without a trace', async () => {
    const { runId } = await training();
    await on.sdk.suspend(runId);
    await when(runId, ({ status }) => status === 'suspended');
    await on.sdk.cancel(runId);
    expect(await on.sdk.result(runId)).toMatchObject({ status: 'cancelled', leftovers: [] });
    await expectNothingLeft(cluster, on.namespace, 'when the run has ended');
  }, 300_000);
});

async function kill(): Promise<void> {
  on.worker().child.kill('SIGKILL');
  await on.worker().ended;
}
