import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorEntry } from '../../domain/errors.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { jobPath, shell } from '../cluster-support/failure-case.ts';
import { followSite } from '../cluster-support/followed-site.ts';
import type { FollowedSite } from '../cluster-support/followed-site.ts';
import { expectNothingLeft } from '../cluster-support/leftovers.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let site: FollowedSite;

beforeAll(async () => {
  cluster = await sharedCluster();
}, CLUSTER_START_MS);
afterAll(() => cluster.stop());
afterEach(() => site.close());

const FOREVER = shell('echo up; while :; do sleep 0.1; done');

async function jobs(kind: ClusterBackendKind): Promise<readonly unknown[]> {
  return (await cluster.rest.want<{ items: readonly unknown[] }>('GET', jobPath(kind, site))).items;
}

describe.each<[ClusterBackendKind, string]>([
  ['volcano', 'vc-webhook-manager'],
  ['trainjob', 'trainer'],
])("when the framework's own webhook is down, a job on %s", (kind, program) => {
  beforeEach(async () => {
    site = await followSite(cluster, kind);
  });

  it('is tried again, and runs when it is back', async () => {
    const job = site.request({ argv: ['true'], role: { replicas: 2 } });
    await cluster.kill(program);
    try {
      const refused: unknown = await site.jobs.submit(job).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'TY_CLUSTER_UNAVAILABLE' });
      expect(String(refused)).toMatch(/webhook of the cluster is down/);
      expect(errorEntry('TY_CLUSTER_UNAVAILABLE').fate).toBe('retry');
      expect(await jobs(kind)).toEqual([]);
    } finally {
      await cluster.restart(program);
    }
    await eventually('it is let in', 60, async () => {
      await site.start(job);
      return true;
    });
    expect(await site.end(job, 60)).toMatchObject({ phase: 'succeeded', cause: null });
  });

  it('that runs is told its end, and leaves nothing when it is cancelled', async () => {
    const job = site.request({ argv: FOREVER, role: { replicas: 2 }, graceSeconds: 1 });
    await site.start(job);
    await site.when(job, ({ phase }) => phase === 'running', 60);
    await cluster.kill(program);
    const cancelling = site.jobs.cancel(job.name, 1);
    const restarted = new Promise((resolve) => setTimeout(resolve, 3000)).then(() => cluster.restart(program));
    await Promise.all([cancelling, restarted]);
    await expectNothingLeft(cluster, site.namespace);
    expect(await site.end(job)).toMatchObject({ phase: 'cancelled' });
  });
});
