import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Cluster } from '../cluster-support/cluster.ts';
import { openClusterWorld, trainsDigits } from '../cluster-support/digits.ts';
import type { ClusterWorld } from '../cluster-support/digits.ts';
import { leastKubeconfig } from '../cluster-support/least-privilege.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let on: ClusterWorld;

beforeAll(async () => {
  cluster = await sharedCluster();
  // Whole runs need no more than the rights of the table.
  on = await openClusterWorld(cluster, { kubeconfig: (namespace) => leastKubeconfig(cluster, namespace) });
}, CLUSTER_START_MS);

afterAll(async () => {
  await on?.close();
  await cluster.stop();
});

describe('the example of the digits', () => {
  it.each(['volcano', 'trainjob', 'paddlejob'])('trains on %s and gives a model on the output branch', async (kind) => {
    await trainsDigits(cluster, on, { kind });
  });
});
