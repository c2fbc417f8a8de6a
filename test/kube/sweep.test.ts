import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { followSite } from '../cluster-support/followed-site.ts';
import type { FollowedSite } from '../cluster-support/followed-site.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let site: FollowedSite;
beforeAll(async () => {
  cluster = await sharedCluster();
}, CLUSTER_START_MS);
afterAll(() => cluster.stop());
beforeEach(async () => {
  site = await followSite(cluster, 'kubernetes-job');
});
afterEach(() => site.close());

const shell = (script: string): readonly string[] => ['sh', '-c', script];

/** What carries the label of a job, as `<plural> <name>`. */
async function left(job: string): Promise<readonly string[]> {
  const kinds = { jobs: '/apis/batch/v1', pods: '/api/v1', services: '/api/v1' };
  const lists = await Promise.all(
    Object.entries(kinds).map(async ([plural, root]) => {
      const path = `${root}/namespaces/${site.namespace}/${plural}?labelSelector=trainyard.dev%2Fjob%3D${job}`;
      const { items } = await cluster.rest.want<{ items: readonly { metadata: { name: string } }[] }>('GET', path);
      return items.map(({ metadata }) => `${plural} ${metadata.name}`);
    }),
  );
  return lists.flat();
}

describe('a sweep of a cluster', () => {
  it('leaves what goes on, and what a failure is kept for; then it removes all of that', async () => {
    const lasting = site.request({ argv: shell('while :; do sleep 0.1; done'), graceSeconds: 1 });
    const failing = site.request({ argv: shell('exit 3'), keepFailedSeconds: 5 });
    for (const job of [lasting, failing]) await site.start(job);
    await site.when(lasting, ({ phase }) => phase === 'running', 60);
    await site.end(failing, 60);
    expect(await site.sweep()).toEqual([]);
    expect(await left(failing.name)).not.toEqual([]);
    await eventually('it is swept', 30, async () => (await site.sweep()).includes(failing.name));
    await eventually('nothing is left', 30, async () => (await left(failing.name)).length === 0);
    expect(await site.jobs.read(lasting.name)).toMatchObject({ phase: 'running' });
  });

  it('finds by their label what a worker left that died between two deletions', async () => {
    const job = site.request({ argv: shell('exit 0') });
    await site.start(job);
    await site.end(job, 60);
    await eventually('its worker has cleaned up', 30, async () => (await left(job.name)).length === 0);
    const labels = { 'trainyard.dev/job': job.name };
    const service = { metadata: { name: 'forgotten', labels }, spec: { clusterIP: 'None' } };
    await cluster.rest.want('POST', `/api/v1/namespaces/${site.namespace}/services`, service);
    expect(await site.sweep()).toEqual([job.name]);
    // The API server removes what the sweep has deleted once its garbage collector has looked for parts of it.
    await eventually('it is gone', 30, async () => (await left(job.name)).length === 0);
  });

  it('leaves what it knows nothing of: it may be another installation’s', async () => {
    const labels = { 'trainyard.dev/job': 'stranger-abcdefgh-t1' };
    const service = { metadata: { name: 'stranger', labels }, spec: { clusterIP: 'None' } };
    await cluster.rest.want('POST', `/api/v1/namespaces/${site.namespace}/services`, service);
    expect(await site.sweep()).toEqual([]);
    expect(await left('stranger-abcdefgh-t1')).toEqual(['services stranger']);
  });

  it('leaves to the worker that keeps the logs what ended a moment ago', async () => {
    const job = site.request({ argv: shell('exit 3'), keepFailedSeconds: 4 });
    await site.start(job);
    await site.end(job, 60);
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(await site.another().sweep()).toEqual([]);
    expect(await left(job.name)).not.toEqual([]);
    expect(await site.sweep()).toEqual([job.name]);
  });
});
