import { request } from 'node:http';
import { inject } from 'vitest';
import { connectCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Hosted } from './host.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The socket of the ring's cluster host. */
    clusterHost: string;
  }
}

/** Files of these rings call it in `beforeAll`; the first waits until the cluster is up. */
export const CLUSTER_START_MS = 240_000;

/**
 * The cluster of this ring, shared by all its files: work in a namespace of your own, and leave nodes and programs as
 * you found them.
 */
export async function sharedCluster(): Promise<Cluster> {
  const socket = inject('clusterHost');
  const { names: _, ...facts } = await ask(socket, '/facts');
  const { rest, ...connected } = connectCluster(facts);
  return {
    ...connected,
    rest,
    names: async () => (await ask(socket, '/facts')).names,
    kill: async (name, signal = 'SIGKILL') => void (await ask(socket, `/kill?name=${name}&signal=${signal}`)),
    restart: async (name) => void (await ask(socket, `/restart?name=${name}`)),
    stop: () => Promise.resolve(rest.close()),
  };
}

function ask(socketPath: string, path: string): Promise<Hosted> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method: 'POST' }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(JSON.parse(text) as Hosted);
        else reject(new Error(`the cluster for tests: ${text}`));
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}
