import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobRequest } from '../../domain/job.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { startFaultProxy } from '../cluster-support/fault-proxy.ts';
import type { FaultProxy } from '../cluster-support/fault-proxy.ts';
import { followSite } from '../cluster-support/followed-site.ts';
import type { FollowedSite } from '../cluster-support/followed-site.ts';
import { PLAY } from '../cluster-support/played-stages.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let proxy: FaultProxy;
let site: FollowedSite;

beforeAll(async () => {
  cluster = await sharedCluster();
}, CLUSTER_START_MS);
afterAll(() => cluster.stop());
beforeEach(async () => {
  proxy = await startFaultProxy(cluster);
  site = await followSite(cluster, 'kubernetes-job', { kubeconfig: proxy.kubeconfig });
});
afterEach(async () => {
  proxy.fault(null);
  await site.close();
  await proxy.close();
});

interface Made {
  readonly metadata: { readonly name: string; readonly uid: string };
}

async function jobs(): Promise<readonly Made[]> {
  return (await cluster.rest.want<{ items: Made[] }>('GET', `/apis/batch/v1/namespaces/${site.namespace}/jobs`)).items;
}

/** A job on a played node that runs for so long. */
function played(runFor: string, on: 'succeed' | 'fail' = 'succeed'): JobRequest {
  site.play({ [PLAY.runFor]: runFor, ...(on === 'fail' ? { [PLAY.outcome]: 'fail' } : {}) });
  return site.request({ on: 'played' });
}

async function running(request: JobRequest): Promise<void> {
  await site.start(request);
  await site.when(request, ({ phase }) => phase === 'running');
}

const watches = (): number => proxy.asked.filter((one) => one.includes('watch=true')).length;

describe('a cluster that fails for a while', () => {
  it('is watched on when every connection is cut, again and again', async () => {
    const request = played('3s');
    await running(request);
    const before = watches();
    for (let cuts = 0; cuts < 4; cuts += 1) {
      proxy.cut();
      await eventually('it is watched again', 10, () => watches() > before + cuts);
    }
    expect(await site.end(request)).toMatchObject({ phase: 'succeeded', cause: null });
  });

  it('is given the time it asks for when it has too many requests, and no end is lost', async () => {
    const request = played('1s', 'fail');
    await running(request);
    proxy.fault({ kind: 'refuse', retryAfterSeconds: 2 });
    proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const stormed = proxy.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 2000));
    // Each of the few kinds that are watched, each job and each log asks once in two seconds.
    expect(proxy.asked.length - stormed).toBeLessThan(25);
    expect(site.ends).toEqual([]);
    proxy.fault(null);
    expect(await site.end(request)).toMatchObject({ phase: 'failed', cause: { kind: 'exit-code', exitCode: 1 } });
  });

  it('ends no job by its silence while nothing can be heard of it', async () => {
    const argv = ['sh', '-c', 'while :; do date; sleep 0.3; done'];
    const request = site.request({ argv, graceSeconds: 1, deadlines: { silentSeconds: 4 } });
    await running(request);
    proxy.fault({ kind: 'refuse', retryAfterSeconds: 1 });
    proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, 7000));
    proxy.fault(null);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect((await site.jobs.read(request.name))?.phase).toBe('running');
  });

  it('that says nothing keeps a submit from hanging, and what it took meanwhile is found', async () => {
    const request = played('500ms');
    const hasty = site.another({ api: await hastyApi(proxy.kubeconfig) });
    proxy.fault({ kind: 'silent' });
    await expect(hasty.submit(request)).rejects.toMatchObject({ code: 'TY_CLUSTER_UNAVAILABLE' });
    proxy.fault(null);
    proxy.cut();
    await site.start(request);
    expect(await jobs()).toHaveLength(1);
    expect(await site.end(request)).toMatchObject({ phase: 'succeeded' });
  });

  it('that makes a job and cannot say so has made one job, which is adopted', async () => {
    const request = played('500ms');
    proxy.fault({ kind: 'drop-replies', of: /^POST .*\/jobs/ });
    await expect(site.jobs.submit(request)).rejects.toMatchObject({ code: 'TY_CLUSTER_UNAVAILABLE' });
    const [made] = await jobs();
    expect(made?.metadata.name).toBe(request.name);
    proxy.fault(null);
    expect(await site.jobs.submit(request)).toEqual({ adopted: true });
    expect((await jobs()).map(({ metadata }) => metadata.uid)).toEqual([made?.metadata.uid]);
    await site.start(request);
    expect(await site.end(request)).toMatchObject({ phase: 'succeeded' });
  });

  it('tells the end of a job once when its API server is ended and started again meanwhile', async () => {
    const request = played('1s', 'fail');
    await running(request);
    await cluster.kill('kube-apiserver');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(site.ends).toEqual([]);
    await cluster.restart('kube-apiserver');
    expect(await site.end(request, 60)).toMatchObject({ phase: 'failed', cause: { kind: 'exit-code', exitCode: 1 } });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(site.ends).toHaveLength(1);
  });
});

/** An API whose calls give up soon. */
async function hastyApi(kubeconfig: string) {
  const { createKubeApi } = await import('../../adapters/kubernetes/api.ts');
  const api = await createKubeApi({ kubeconfig, context: null });
  const send: typeof api.send = (method, path, options) => api.send(method, path, { ...options, timeoutMs: 1000 });
  return { server: api.server, send, stream: api.stream.bind(api), close: () => api.close() };
}
