import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobRequest } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { JOB_PATHS, jobPath, shell, SIMPLE } from './failure-case.ts';
import { startFaultProxy } from './fault-proxy.ts';
import type { FaultProxy } from './fault-proxy.ts';
import { followSite } from './followed-site.ts';
import type { FollowedSite } from './followed-site.ts';
import type { KubeRequestOptions } from './kube-site.ts';
import { expectNothingLeft } from './leftovers.ts';
import { PLAY } from './played-stages.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';

interface Made {
  readonly metadata: { readonly name: string; readonly uid: string };
}

interface FaultStage {
  readonly kind: ClusterBackendKind;
  readonly cluster: Cluster;
  readonly proxy: FaultProxy;
  readonly site: FollowedSite;
  request(options?: KubeRequestOptions): JobRequest;
  /** A job on a played node that runs for so long. */
  played(runFor: string, on?: 'succeed' | 'fail'): JobRequest;
  running(request: JobRequest): Promise<void>;
  /** The objects of all jobs there are. */
  jobs(): Promise<readonly Made[]>;
}

type FaultCase = readonly [title: string, run: (on: FaultStage) => Promise<void>];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const FAILED = { phase: 'failed', cause: { kind: 'exit-code', exitCode: 1 } } as const;

const FAULTS: readonly FaultCase[] = [
  [
    'is watched on when every connection is cut, again and again',
    async ({ proxy, site, played, running }) => {
      const watches = (): number => proxy.asked.filter((one) => one.includes('watch=true')).length;
      const request = played('3s');
      await running(request);
      const before = watches();
      for (let cuts = 0; cuts < 4; cuts += 1) {
        proxy.cut();
        await eventually('it is watched again', 10, () => watches() > before + cuts);
      }
      expect(await site.end(request)).toMatchObject({ phase: 'succeeded', cause: null });
    },
  ],
  [
    'is given the time it asks for when it has too many requests, and no end is lost',
    async ({ proxy, site, played, running }) => {
      const request = played('1s', 'fail');
      await running(request);
      proxy.fault({ kind: 'refuse', retryAfterSeconds: 2 });
      proxy.cut();
      await pause(3000);
      const stormed = proxy.asked.length;
      await pause(2000);
      // Each of the few kinds that are watched, each job and each log asks once in two seconds.
      expect(proxy.asked.length - stormed).toBeLessThan(25);
      expect(site.ends).toEqual([]);
      proxy.fault(null);
      expect(await site.end(request)).toMatchObject(FAILED);
    },
  ],
  [
    'ends no job by its silence while nothing can be heard of it',
    async ({ proxy, site, request, running }) => {
      const argv = shell('while :; do date; sleep 0.3; done');
      const job = request({ argv, graceSeconds: 1, deadlines: { silentSeconds: 4 } });
      await running(job);
      proxy.fault({ kind: 'refuse', retryAfterSeconds: 1 });
      proxy.cut();
      await pause(7000);
      proxy.fault(null);
      await pause(3000);
      expect((await site.jobs.read(job.name))?.phase).toBe('running');
    },
  ],
  [
    'tells the end of a job once when its API server is ended and started again meanwhile',
    async ({ cluster, site, played, running, jobs }) => {
      const request = played('1s', 'fail');
      await running(request);
      const before = await jobs();
      await cluster.kill('kube-apiserver');
      await pause(2000);
      expect(site.ends).toEqual([]);
      await cluster.restart('kube-apiserver');
      expect(await site.end(request, 90)).toMatchObject(FAILED);
      await pause(1000);
      expect(site.ends).toHaveLength(1);
      expect(await jobs()).toEqual(before);
      // The schedulers and controllers are cut off too, and take their time to come back.
      await eventually('the next job runs', 150, async () => {
        const next = played('100ms');
        await site.start(next);
        return (await site.end(next, 60)).phase === 'succeeded';
      });
    },
  ],
];

/** What comes of writes whose answer nobody got. */
const LOST_ANSWERS: readonly FaultCase[] = [
  [
    'that says nothing keeps a submit from hanging, and what it took meanwhile is found',
    async ({ proxy, site, played, jobs }) => {
      const request = played('500ms');
      const hasty = site.another({ api: await hastyApi(proxy.kubeconfig) });
      proxy.fault({ kind: 'silent' });
      await expect(hasty.submit(request)).rejects.toMatchObject({ code: 'TY_CLUSTER_UNAVAILABLE' });
      proxy.fault(null);
      proxy.cut();
      await site.start(request);
      expect(await jobs()).toHaveLength(1);
      expect(await site.end(request)).toMatchObject({ phase: 'succeeded' });
    },
  ],
  [
    'that makes a job and cannot say so has made one job, which is adopted',
    async ({ kind, proxy, site, played, jobs }) => {
      const request = played('500ms');
      proxy.fault({ kind: 'drop-replies', of: new RegExp(`^POST .*/${JOB_PATHS[kind].resource}\\b`) });
      await expect(site.jobs.submit(request)).rejects.toMatchObject({ code: 'TY_CLUSTER_UNAVAILABLE' });
      const [made] = await jobs();
      expect(made?.metadata.name).toBe(request.name);
      proxy.fault(null);
      expect(await site.jobs.submit(request)).toEqual({ adopted: true });
      expect((await jobs()).map(({ metadata }) => metadata.uid)).toEqual([made?.metadata.uid]);
      await site.start(request);
      expect(await site.end(request)).toMatchObject({ phase: 'succeeded' });
    },
  ],
  [
    'that loses its answer to each write once has one of everything, and nothing after a cancel',
    async ({ cluster, proxy, site, request, jobs }) => {
      const scratch = { kind: 'generated', bytes: 2 ** 20, storageClass: null, keep: false } as const;
      const job = request({ on: 'played', role: { replicas: 2 }, pod: { scratch } });
      proxy.fault({ kind: 'drop-replies', of: /^(POST|PATCH|PUT|DELETE) /, once: true });
      let tries = 0;
      await eventually('it is submitted', 30, async () => {
        tries += 1;
        await site.jobs.submit(job);
        return true;
      });
      expect(tries).toBeGreaterThan(1);
      expect((await jobs()).map(({ metadata }) => metadata.name)).toEqual([job.name]);
      await eventually('it is cancelled', 60, async () => {
        await site.jobs.cancel(job.name, 1);
        return true;
      });
      await expectNothingLeft(cluster, site.namespace);
    },
  ],
  [
    'whose worker died before all parts of a job were its own is left nothing by a cancel of the next',
    async ({ cluster, proxy, site, request }) => {
      const scratch = { kind: 'generated', bytes: 2 ** 20, storageClass: null, keep: false } as const;
      const job = request({ on: 'played', role: { replicas: 2 }, pod: { scratch } });
      proxy.fault({ kind: 'drop-requests', of: /^PATCH / });
      const submitted = await site.jobs.submit(job).then(
        () => null,
        (error: unknown) => error,
      );
      // Some kinds of jobs are made of one object.
      const builds = proxy.asked.some((one) => one.startsWith('PATCH '));
      expect(submitted).toEqual(builds ? expect.objectContaining({ code: 'TY_CLUSTER_UNAVAILABLE' }) : null);
      proxy.fault(null);
      await site.another().cancel(job.name, 1);
      await expectNothingLeft(cluster, site.namespace);
    },
  ],
];

/** An API server out of reach, or that has too many requests, while jobs of this backend run. */
export function describeApiFaults(kind: ClusterBackendKind): void {
  describeFaults(`a cluster of jobs on ${kind} that fails for a while`, kind, FAULTS);
}

export function describeLostAnswers(kind: ClusterBackendKind): void {
  describeFaults(`an API server that is asked for jobs on ${kind}`, kind, LOST_ANSWERS);
}

function describeFaults(name: string, kind: ClusterBackendKind, cases: readonly FaultCase[]): void {
  describe(name, () => {
    let cluster: Cluster;
    let proxy: FaultProxy;
    let site: FollowedSite;

    beforeAll(async () => {
      cluster = await sharedCluster();
    }, CLUSTER_START_MS);
    afterAll(() => cluster.stop());
    beforeEach(async () => {
      proxy = await startFaultProxy(cluster);
      site = await followSite(cluster, kind, { kubeconfig: proxy.kubeconfig });
    });
    afterEach(async () => {
      proxy.fault(null);
      await site.close();
      await proxy.close();
    });

    for (const [title, run] of cases) it(title, () => run(stageOf(kind, cluster, proxy, site)), 300_000);
  });
}

function stageOf(kind: ClusterBackendKind, cluster: Cluster, proxy: FaultProxy, site: FollowedSite): FaultStage {
  const request = (options: KubeRequestOptions = {}): JobRequest => site.request({ backend: SIMPLE[kind], ...options });
  return {
    kind,
    cluster,
    proxy,
    site,
    request,
    played(runFor, on = 'succeed') {
      site.play({ [PLAY.runFor]: runFor, ...(on === 'fail' ? { [PLAY.outcome]: 'fail' } : {}) });
      return request({ on: 'played', keepFailedSeconds: 600 });
    },
    async running(job) {
      await site.start(job);
      await site.when(job, ({ phase }) => phase === 'running', 40);
    },
    async jobs() {
      const { items } = await cluster.rest.want<{ items: Made[] }>('GET', jobPath(kind, site));
      return items.map(({ metadata: { name, uid } }) => ({ metadata: { name, uid } }));
    },
  };
}

/** An API whose calls give up soon. */
async function hastyApi(kubeconfig: string) {
  const { createKubeApi } = await import('../../adapters/kubernetes/api.ts');
  const api = await createKubeApi({ kubeconfig, context: null });
  const send: typeof api.send = (method, path, options) => api.send(method, path, { ...options, timeoutMs: 1000 });
  return { server: api.server, send, stream: api.stream.bind(api), close: () => api.close() };
}
