import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startCluster } from './cluster.ts';
import type { Cluster, ClusterFacts, OwnCluster } from './cluster.ts';

interface ClusterHost {
  /** A socket by which test files reach the cluster of their ring. */
  readonly socket: string;
  close(): Promise<void>;
}

/** What a host answers, beside the facts: the names of the programs. */
export interface Hosted extends ClusterFacts {
  readonly names: readonly string[];
}

/**
 * Keeps one cluster for all files of a ring. It starts when the first of them asks, so that the rings before it have
 * the machine to themselves; the programs are children of this process, not of a test file's that ends before the next.
 */
async function hostCluster(start: () => Promise<Cluster>): Promise<ClusterHost> {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-cluster-host-'));
  const socket = join(folder, 'socket');
  let cluster: Promise<Cluster> | null = null;

  const answer = async (url: URL): Promise<unknown> => {
    cluster ??= start();
    const running = await cluster;
    const name = url.searchParams.get('name') ?? '';
    if (url.pathname === '/kill')
      await running.kill(name, (url.searchParams.get('signal') ?? 'SIGKILL') as NodeJS.Signals);
    if (url.pathname === '/restart') await running.restart(name);
    const { server, caFile, kubeconfig, stateDir, admin, token } = running;
    const facts = { server, caFile, kubeconfig, stateDir, admin, token };
    return { ...facts, names: await running.names() } satisfies Hosted;
  };

  const host = createServer((request, response) => {
    answer(new URL(request.url ?? '/', 'http://host')).then(
      (body) => response.end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await new Promise<void>((resolve) => host.listen(socket, resolve));
  return {
    socket,
    async close() {
      host.closeAllConnections();
      await new Promise((resolve) => host.close(resolve));
      await (await cluster?.catch(() => null))?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A ring's global set-up: one cluster of played nodes, with what the ring adds to it, for all its files. */
export function ringOn(
  add: (cluster: OwnCluster) => Promise<void>,
): (project: TestProject) => Promise<() => Promise<void>> {
  const start = async (): Promise<Cluster> => {
    const cluster = await startCluster();
    try {
      await add(cluster);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  };
  return async (project) => {
    const host = await hostCluster(start);
    project.provide('clusterHost', host.socket);
    return () => host.close();
  };
}
