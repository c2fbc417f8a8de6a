import type { TestProject } from 'vitest/node';
import { startCluster } from '../cluster.ts';
import type { Cluster } from '../cluster.ts';
import { hostCluster } from '../host.ts';
import { addLocalNode } from '../local-node.ts';
import { addOperators } from '../operators.ts';
import { addPaddleStandIn } from '../paddle.ts';
import { addVolcano } from '../volcano.ts';

async function start(): Promise<Cluster> {
  const cluster = await startCluster();
  try {
    await addLocalNode(cluster);
    await addOperators(cluster);
    await addVolcano(cluster);
    await addPaddleStandIn(cluster, { volcano: true });
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** A control plane with JobSet, Kubeflow Trainer, Volcano and PaddleCloud's stand-in for all files of the ring. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const host = await hostCluster(start);
  project.provide('clusterHost', host.socket);
  return () => host.close();
}
