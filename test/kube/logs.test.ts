import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeApi } from '../../adapters/kubernetes/api.ts';
import type { KubeApi } from '../../adapters/kubernetes/api.ts';
import { createLogKeeper } from '../../adapters/kubernetes/logs/log-keeper.ts';
import type { LogKeeper } from '../../adapters/kubernetes/logs/log-keeper.ts';
import type { KubeObject } from '../../domain/cluster-job.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { localJob, podOfJob } from '../cluster-support/jobs.ts';
import { addNamespace, removeNamespace } from '../cluster-support/namespaces.ts';
import { apply } from '../cluster-support/objects.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let namespace = '';
let folder = '';
let api: KubeApi;
const keepers: LogKeeper[] = [];

beforeAll(async () => {
  cluster = await sharedCluster();
  namespace = await addNamespace(cluster.rest, 'logs');
  folder = mkdtempSync(join(tmpdir(), 'trainyard-logs-'));
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig, context: null });
}, CLUSTER_START_MS);

afterAll(async () => {
  await Promise.all(keepers.map((one) => one.stop()));
  api.close();
  await removeNamespace(cluster.rest, namespace);
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

function keeper(over: Partial<KubeApi> = {}): LogKeeper {
  const made = createLogKeeper({ api: { ...bound(), ...over }, namespace });
  keepers.push(made);
  return made;
}

const bound = (): KubeApi => ({
  server: api.server,
  send: (...args) => api.send(...args),
  stream: (...args) => api.stream(...args),
  close: () => {},
});

/** A job that writes `count` lines, several a millisecond and now and then a rest. */
async function start(name: string, count: number): Promise<KubeObject> {
  const text = `import sys, time\nfor i in range(${count}):\n  print('line', i, '损失'); (sys.stderr if i % 3 else sys.stdout).flush()\n  i % 50 or time.sleep(0.1)`;
  await apply(cluster.rest, [localJob(namespace, name, { command: ['python3', '-u', '-c', text] })]);
  return await pod(name, 'Running');
}

async function pod(name: string, phase: string): Promise<KubeObject> {
  const found = await podOfJob(cluster.rest, { namespace, name }, ({ status }) => status.phase === phase);
  return found as unknown as KubeObject;
}

const fileOf = (name: string): string => join(folder, name, 'worker-0.log');
const target = (object: KubeObject, name: string) => {
  const { containers } = object.spec as { containers: { name: string }[] };
  return { file: fileOf(name), containers: containers.map((one) => one.name) };
};
const size = async (name: string, bytes: number): Promise<boolean> =>
  await eventually('the log grows', 30, () =>
    Promise.resolve(existsSync(fileOf(name)) && statSync(fileOf(name)).size > bytes ? true : null),
  );

/** What the API server itself says was written, times included. */
async function whole(object: KubeObject): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods/${object.metadata.name}/log?timestamps=true`;
  return await cluster.rest.want<string>('GET', path);
}

describe('the log of a pod', () => {
  it('is in its file, each line once, though three keepers read it and connections break', async () => {
    const running = await start('broken', 1500);
    for (let round = 0; round < 3; round += 1) {
      // Each is broken once, in the middle of a line; more would be slow: what comes again fills a second.
      let left = 3000 + round * 777;
      const reader = keeper({
        stream: async (path, options) => {
          const stream = await api.stream(path, options);
          const bytes = left;
          left = Number.POSITIVE_INFINITY;
          return cutAfter(stream, bytes);
        },
      });
      reader.follow(running, target(running, 'broken'));
      await size('broken', (round + 1) * 6000);
      await reader.stop();
    }
    const ended = await pod('broken', 'Succeeded');
    const last = keeper();
    last.follow(ended, target(ended, 'broken'));
    await last.settle([String(ended.metadata.uid)], 30_000);
    expect(readFileSync(fileOf('broken'), 'utf8')).toBe(await whole(ended));
    expect(await last.lastLines(fileOf('broken'), 1)).toEqual(['line 1499 损失']);
  });

  it('is read on when the API server has been started anew', async () => {
    const running = await start('anew', 2500);
    const reader = keeper();
    reader.follow(running, target(running, 'anew'));
    await size('anew', 4000);
    await cluster.restart('kube-apiserver');
    const ended = await pod('anew', 'Succeeded');
    reader.follow(ended, target(ended, 'anew'));
    await reader.settle([String(ended.metadata.uid)], 60_000);
    expect(readFileSync(fileOf('anew'), 'utf8')).toBe(await whole(ended));
  });
});

async function* cutAfter(stream: AsyncIterable<Uint8Array>, bytes: number): AsyncIterable<Uint8Array> {
  let left = bytes;
  for await (const chunk of stream) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) throw new Error('socket hang up');
  }
}
