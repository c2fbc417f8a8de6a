import type { TestProject } from 'vitest/node';
import { startCluster } from '../cluster.ts';
import type { Cluster } from '../cluster.ts';
import { hostCluster } from '../host.ts';
import { addLocalNode } from '../local-node.ts';

async function start(): Promise<Cluster> {
  const cluster = await startCluster();
  try {
    await addLocalNode(cluster);
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** One control plane with played nodes and a local node for all files of the ring. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const host = await hostCluster(start);
  project.provide('clusterHost', host.socket);
  return () => host.close();
}
