import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobStatus } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { torchRole } from '../support/cluster-job.ts';
import { rolePlan } from '../support/job-request.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { followSite } from './followed-site.ts';
import type { FollowedSite } from './followed-site.ts';
import type { KubeRequestOptions } from './kube-site.ts';
import { MERGE_PATCH } from './rest.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';

const SUSPEND = { suspended: true, by: 'lin' } as const;
const RESUME = { suspended: false, by: 'lin' } as const;
const SECONDS = 60;

interface Pod {
  readonly metadata: { readonly name: string; readonly finalizers?: readonly string[] };
  readonly status?: { readonly phase?: string };
}

const HOLD = 'trainyard.test/held';

/** Two ranks that run a script; the signal that ends them decides nothing by itself. */
const two = (script: string): KubeRequestOptions => ({
  roles: [torchRole(2, { launcher: 'plain', steps: rolePlan(['sh', '-c', script]).steps })],
  graceSeconds: 1,
});

/** Goes on until it is ended, the first time; the second time it ends by itself. */
const TWICE = [
  'mark="$TRAINYARD_OUTPUT_DIR/begun-$HOSTNAME-${VC_TASK_INDEX:-$JOB_COMPLETION_INDEX}"',
  'if [ -e "$mark" ]; then echo again; exit 0; fi',
  'touch "$mark"; echo begun; while :; do sleep 0.1; done',
].join('\n');

/** What a backend that can suspend does with a job, with pods that really run. */
export function describeSuspension(kind: ClusterBackendKind): void {
  describe(`a job of ${kind} that is suspended`, () => {
    let cluster: Cluster;
    let site: FollowedSite;
    beforeAll(async () => {
      cluster = await sharedCluster();
    }, CLUSTER_START_MS);
    afterAll(() => cluster.stop());
    beforeEach(async () => {
      site = await followSite(cluster, kind);
    });
    afterEach(() => site.close());

    const podsOf = async (name: string): Promise<readonly Pod[]> => {
      const path = `/api/v1/namespaces/${site.namespace}/pods?labelSelector=trainyard.dev%2Fjob%3D${name}`;
      return (await cluster.rest.want<{ items: readonly Pod[] }>('GET', path)).items;
    };
    const pods = async (name: string): Promise<number> => (await podsOf(name)).length;
    /** As a kubelet that has volumes to unmount: pods are there for a while after their processes have ended. */
    const hold = async (name: string, finalizers: readonly string[]): Promise<void> => {
      for (const { metadata } of await podsOf(name)) {
        const others = (metadata.finalizers ?? []).filter((one) => one !== HOLD);
        const path = `/api/v1/namespaces/${site.namespace}/pods/${metadata.name}`;
        await cluster.rest.want('PATCH', path, { metadata: { finalizers: [...others, ...finalizers] } }, MERGE_PATCH);
      }
    };
    const isSuspended = ({ phase, reason }: JobStatus): boolean => phase === 'queued' && reason === 'suspended by lin';

    it('holds no pod though its processes die of the signal, and then goes on to its good end', async () => {
      const job = site.request(two(TWICE));
      await site.start(job);
      await site.when(job, ({ phase }) => phase === 'running', SECONDS);
      await eventually('both ranks have begun', SECONDS, () => /begun/.test(site.log(job, 0) + site.log(job, 1)));
      await hold(job.name, [HOLD]);
      await site.jobs.suspend(job.name, SUSPEND);
      await eventually('both have failed', SECONDS, async () =>
        (await podsOf(job.name)).every(({ status }) => status?.phase === 'Failed'),
      );
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await hold(job.name, []);
      await eventually('its pods are gone', SECONDS, async () => (await pods(job.name)) === 0);
      await site.when(job, isSuspended, SECONDS);
      expect(site.ends).toEqual([]);
      await site.jobs.suspend(job.name, RESUME);
      expect(await site.end(job, SECONDS)).toMatchObject({ phase: 'succeeded', cause: null });
      expect(site.log(job, 0)).toMatch(/begun[^]*again/);
      expect(site.progress).toContain('queued: suspended by lin');
    });

    it('misses no deadline, and has all its time anew when it is resumed', async () => {
      const deadlines = { startingSeconds: 5, silentSeconds: 5 };
      const job = site.request({ ...two(`echo up; while :; do sleep 0.1; done`), deadlines, queuedSeconds: 5 });
      await site.start(job);
      await site.when(job, ({ phase }) => phase === 'running', SECONDS);
      await site.jobs.suspend(job.name, SUSPEND);
      await site.when(job, isSuspended, SECONDS);
      await new Promise((resolve) => setTimeout(resolve, 8000));
      expect(site.ends).toEqual([]);
      await site.newWorker();
      await site.jobs.suspend(job.name, RESUME);
      await site.when(job, ({ phase }) => phase === 'running', SECONDS);
      expect(await site.end(job, SECONDS)).toMatchObject({ phase: 'failed', cause: { kind: 'silent' } });
    });

    it('is not begun while it waits to be made, and is made when it is resumed', async () => {
      const hard = { [`count/${COUNTED[kind]}`]: '0' };
      const quota = `/api/v1/namespaces/${site.namespace}/resourcequotas`;
      await cluster.rest.want('POST', quota, { metadata: { name: 'full' }, spec: { hard } });
      await eventually('the quota counts', SECONDS, async () => {
        const { status } = await cluster.rest.want<{ status?: { used?: object } }>('GET', `${quota}/full`);
        return Object.keys(status?.used ?? {}).length > 0;
      });
      const job = site.request(two('exit 0'));
      await site.start(job);
      await site.when(job, ({ reason }) => /exceeded quota/.test(reason ?? ''), SECONDS);
      await site.jobs.suspend(job.name, SUSPEND);
      await cluster.rest.want('DELETE', `${quota}/full`);
      await site.when(job, isSuspended, SECONDS);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(await pods(job.name)).toBe(0);
      await site.jobs.suspend(job.name, RESUME);
      expect(await site.end(job, SECONDS)).toMatchObject({ phase: 'succeeded' });
    });

    it('leaves nothing when it is cancelled', async () => {
      const job = site.request(two('while :; do sleep 0.1; done'));
      await site.start(job);
      await site.when(job, ({ phase }) => phase === 'running', SECONDS);
      await site.jobs.suspend(job.name, SUSPEND);
      await site.jobs.cancel(job.name, 1);
      expect(await site.end(job, SECONDS)).toMatchObject({ phase: 'cancelled' });
      expect(await pods(job.name)).toBe(0);
    });
  });
}

const COUNTED: Readonly<Record<ClusterBackendKind, string>> = {
  'kubernetes-job': 'jobs.batch',
  volcano: 'jobs.batch.volcano.sh',
  trainjob: 'trainjobs.trainer.kubeflow.org',
  paddlejob: 'paddlejobs.batch.paddlepaddle.org',
};
