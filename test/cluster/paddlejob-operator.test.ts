import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { jobPath } from '../cluster-support/failure-case.ts';
import { followSite } from '../cluster-support/followed-site.ts';
import type { FollowedSite } from '../cluster-support/followed-site.ts';
import { leftIn } from '../cluster-support/leftovers.ts';
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

interface Seen {
  readonly status?: { readonly phase?: string };
}

describe('a PaddleJob whose operator has not seen its pods end before Volcano called their group completed', () => {
  it.each([
    ['succeeded', 'succeed', null],
    ['failed', 'fail', { kind: 'exit-code', exitCode: 1, rank: 0 }],
  ])('has %s all the same', async (phase, outcome, cause) => {
    site.play({ [PLAY.runFor]: '2s', [PLAY.outcome]: outcome });
    const job = site.request({ on: 'played', graceSeconds: 1 });
    await site.start(job);
    await site.when(job, (one) => one.phase === 'running', 40);
    await cluster.kill('paddle', 'SIGSTOP');
    const status = await site.end(job, 60);
    expect(status).toMatchObject({ phase });
    if (cause === null) expect(status.cause).toBeNull();
    else expect(status.cause).toMatchObject(cause);
    const said = await cluster.rest.send('GET', jobPath('paddlejob', site, job.name));
    if (said.status === 200) expect((said.body as Seen).status?.phase).not.toMatch(/Completed|Failed/);
    await cluster.kill('paddle', 'SIGCONT');
    await eventually('nothing is left', 30, async () => (await leftIn(cluster.rest, site.namespace)).length === 0);
  });
});
