import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../cluster-support/cluster.ts';
import { followSite } from '../cluster-support/followed-site.ts';
import type { FollowedSite } from '../cluster-support/followed-site.ts';
import { ON_LOCAL_NODE } from '../cluster-support/local-node.ts';
import { apply, pathOf } from '../cluster-support/objects.ts';
import { torchRuntime } from '../cluster-support/operators.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';
import { rolePlan } from '../support/job-request.ts';

const RUNTIME = torchRuntime(`torch-${randomBytes(4).toString('hex')}`, ON_LOCAL_NODE);

let cluster: Cluster;
let site: FollowedSite;

beforeAll(async () => {
  cluster = await sharedCluster();
  await apply(cluster.rest, [RUNTIME]);
  site = await followSite(cluster, 'trainjob');
}, CLUSTER_START_MS);

afterAll(async () => {
  await site.close();
  await cluster.rest.send('DELETE', `${await pathOf(cluster.rest, RUNTIME)}`);
  await cluster.stop();
});

/** Two replicas whose command is started as it is. */
const plain = (backend: Readonly<Record<string, unknown>>) => {
  const script = 'echo "$PET_NODE_RANK of $PET_NNODES at $PET_MASTER_ADDR:$PET_MASTER_PORT"';
  const roles = [{ ...rolePlan(['sh', '-c', script]), replicas: 2 }];
  return site.request({ roles, graceSeconds: 1, backend: { runtime: RUNTIME.metadata.name, ...backend } });
};

describe("a plain command on somebody else's torch runtime", () => {
  it('is refused with the variables that this runtime sets itself, and the way out', async () => {
    await expect(site.start(plain({}))).rejects.toMatchObject({
      code: 'TY_JOB_REFUSED',
      details: {
        why: expect.stringMatching(/^its runtime sets them itself: .*PET_MASTER_ADDR.*PET_NNODES/),
        fix: expect.stringContaining('backend.policy: torch'),
      },
    });
  });

  it('runs that way out: Trainer tells its replicas of each other', async () => {
    const request = plain({ policy: 'torch' });
    await site.start(request);
    expect(await site.end(request, 120)).toMatchObject({ phase: 'succeeded' });
    const host = `${request.name}-node-0-0.${request.name}`;
    expect(site.log(request, 1)).toContain(`1 of 2 at ${host}:29500`);
  });
});
