import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobRequest } from '../../domain/job.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { followSite } from '../cluster-support/followed-site.ts';
import type { FollowedSite } from '../cluster-support/followed-site.ts';
import type { KubeRequestOptions } from '../cluster-support/kube-site.ts';
import { expectNothingLeft, leftIn } from '../cluster-support/leftovers.ts';
import { apply } from '../cluster-support/objects.ts';
import { PLAY } from '../cluster-support/played-stages.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let site: FollowedSite;

beforeAll(async () => {
  cluster = await sharedCluster();
}, CLUSTER_START_MS);
afterAll(() => cluster.stop());
beforeEach(async () => {
  site = await followSite(cluster, 'paddlejob');
});
afterEach(async () => {
  await cluster.kill('paddle', 'SIGCONT');
  await site.close();
});

/** A job that has a sample set made if there is none. */
function request(keep: boolean, options: KubeRequestOptions = {}): JobRequest {
  return site.request({
    graceSeconds: 1,
    on: 'played',
    pod: { dataset: { kind: 'mounted', name: 'flowers' } },
    backend: { sampleSet: { keep, create: { uri: 's3://samples/flowers', store: 'juicefs' } } },
    ...options,
  });
}

interface Set {
  readonly metadata: { readonly uid: string; readonly ownerReferences?: readonly { readonly uid: string }[] };
}

/** `null` = there is none. */
async function theSet(): Promise<Set | null> {
  const path = `/apis/batch.paddlepaddle.org/v1alpha1/namespaces/${site.namespace}/samplesets/flowers`;
  const { status, body } = await cluster.rest.send('GET', path);
  return status === 200 ? (body as Set) : null;
}

const waits = (job: JobRequest): Promise<unknown> =>
  site.when(job, ({ phase, reason }) => phase === 'queued' && /sample set flowers is/.test(reason ?? ''), 40);

describe('the sample set of a PaddleJob', () => {
  it.each([
    ['goes', false],
    ['stays, if it is to be kept,', true],
  ])('%s when the job is cancelled while it waits for it', async (_what, keep) => {
    // Nobody fills it.
    await cluster.kill('paddle', 'SIGSTOP');
    const job = request(keep);
    await site.start(job);
    await waits(job);
    await site.jobs.cancel(job.name, 1);
    expect((await theSet()) !== null).toBe(keep);
    await expectNothingLeft(cluster, site.namespace);
    expect(await site.end(job)).toMatchObject({ phase: 'cancelled' });
  });

  it('goes with the job that made it, when that has ended well', async () => {
    site.play({ [PLAY.runFor]: '500ms' });
    const job = request(false);
    await site.start(job);
    expect(await site.end(job, 60)).toMatchObject({ phase: 'succeeded' });
    await eventually('nothing is left', 20, async () => (await leftIn(cluster.rest, site.namespace)).length === 0);
    expect(await theSet()).toBeNull();
  });

  it('is that of the next job too if it is kept, and is not filled again', async () => {
    site.play({ [PLAY.runFor]: '500ms' });
    const [one, two] = [request(true), request(false)];
    await site.start(one);
    await site.end(one, 60);
    const made = await theSet();
    await site.start(two);
    expect(await site.end(two, 60)).toMatchObject({ phase: 'succeeded' });
    await eventually('nothing is left', 20, async () => (await leftIn(cluster.rest, site.namespace)).length === 0);
    expect((await theSet())?.metadata.uid).toBe(made?.metadata.uid);
  });

  it('that somebody made by hand outlives the jobs that use it', async () => {
    const set = { apiVersion: 'batch.paddlepaddle.org/v1alpha1', kind: 'SampleSet' };
    const spec = { partitions: 1, source: { uri: 's3://samples/flowers', secretRef: { name: 'none' } } };
    await apply(cluster.rest, [{ ...set, metadata: { name: 'flowers', namespace: site.namespace }, spec }]);
    site.play({ [PLAY.runFor]: '500ms' });
    for (const job of [request(true), request(false)]) {
      await site.start(job);
      expect(await site.end(job, 60)).toMatchObject({ phase: 'succeeded' });
    }
    await eventually('nothing is left', 20, async () => (await leftIn(cluster.rest, site.namespace)).length === 0);
    expect((await theSet())?.metadata.ownerReferences).toBeUndefined();
  });

  it('of an attempt that failed is that of the next, though the failed job is kept to be looked at', async () => {
    site.play({ [PLAY.runFor]: '500ms', [PLAY.outcome]: 'fail' });
    const one = request(false, { keepFailedSeconds: 600 });
    await site.start(one);
    expect(await site.end(one, 60)).toMatchObject({ phase: 'failed' });
    const made = await theSet();
    site.play({ [PLAY.runFor]: '500ms' });
    const two = request(false, { name: one.name.replace(/1$/, '2'), attempt: 2 });
    await site.start(two);
    await site.jobs.cancel(one.name, 1);
    expect((await theSet())?.metadata.uid).toBe(made?.metadata.uid);
    expect(await site.end(two, 60)).toMatchObject({ phase: 'succeeded' });
    await eventually('nothing is left', 20, async () => (await leftIn(cluster.rest, site.namespace)).length === 0);
    expect(await theSet()).toBeNull();
  });
});
