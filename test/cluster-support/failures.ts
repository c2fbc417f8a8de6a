import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorEntry } from '../../domain/errors.ts';
import type { FailureCause, JobRequest, JobStatus } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { followSite } from './followed-site.ts';
import type { FollowedSite } from './followed-site.ts';
import type { KubeRequestOptions } from './kube-site.ts';
import { podsOf } from './jobs.ts';
import { apply } from './objects.ts';
import { PLAY } from './played-stages.ts';
import { addLostNode } from './lost-node.ts';
import { sameAgain } from './same-again.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';
import { addDenying, addUnreachable, removeWebhook } from './failing-webhooks.ts';

/** Where the jobs of each backend lie. */
export const JOB_PATHS: Readonly<Record<ClusterBackendKind, { readonly group: string; readonly resource: string }>> = {
  'kubernetes-job': { group: 'batch/v1', resource: 'jobs' },
  volcano: { group: 'batch.volcano.sh/v1alpha1', resource: 'jobs' },
  trainjob: { group: 'trainer.kubeflow.org/v1alpha1', resource: 'trainjobs' },
  paddlejob: { group: 'batch.paddlepaddle.org/v1', resource: 'paddlejobs' },
};

export function jobPath(kind: ClusterBackendKind, { namespace }: { readonly namespace: string }, name = ''): string {
  const { group, resource } = JOB_PATHS[kind];
  return `/apis/${group}/namespaces/${namespace}/${resource}${name === '' ? '' : `/${name}`}`;
}

export type FailureName =
  | 'unschedulable'
  | 'image'
  | 'config'
  | 'host-path'
  | 'oom'
  | 'evicted'
  | 'preempted'
  | 'node-lost'
  | 'start-deadline'
  | 'exit-code'
  | 'deleted'
  | 'recreated'
  | 'quota'
  | 'pod-quota'
  | 'webhook-down'
  | 'webhook-denies';

/** What a backend needs besides, and the failures that it cannot show. */
export interface FailureOptions {
  readonly except?: readonly FailureName[];
  /** Of every job, for instance a runtime to name. */
  readonly backend?: Readonly<Record<string, unknown>>;
}

type Start = (options?: KubeRequestOptions) => JobRequest;

/** Each failure of a job on a cluster, with the cause, the budget and the state it has to lead to. */
export function describeFailures(kind: ClusterBackendKind, { except = [], backend = {} }: FailureOptions = {}): void {
  let cluster: Cluster;
  let site: FollowedSite;
  beforeAll(async () => {
    cluster = await sharedCluster();
  }, CLUSTER_START_MS);
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    site = await followSite(cluster, kind, { hostPathAllowed: true });
  });
  afterEach(() => site.close());

  const request: Start = (options = {}) =>
    site.request({ ...options, graceSeconds: 1, backend: { ...backend, ...options.backend } });
  const shell = (script: string): readonly string[] => ['sh', '-c', script];

  async function fails(job: JobRequest, cause: Partial<FailureCause>, message: RegExp): Promise<JobStatus> {
    const status = await site.end(job, 60);
    expect(status).toMatchObject({ phase: 'failed', reason: null, cause });
    expect(status.cause?.message).toMatch(message);
    return status;
  }

  async function waits(job: JobRequest, phase: JobStatus['phase'], reason: RegExp): Promise<void> {
    const status = await site.when(job, (one) => one.phase === phase && reason.test(one.reason ?? ''), 40);
    expect(status.cause).toBeNull();
    await eventually('it is told', 20, () => site.progress.some((one) => one.startsWith(phase) && reason.test(one)));
  }

  const cases: Readonly<Record<FailureName, readonly [title: string, run: () => Promise<void>]>> = {
    unschedulable: [
      'queues a job that no node can take, saying why, until limits.queued',
      async () => {
        const accelerators = [{ profile: 'nvidia', count: 99, cores: null, memoryBytes: null }];
        const job = request({ on: 'played', pod: { accelerators }, queuedSeconds: 6 });
        await site.start(job);
        await waits(job, 'queued', /nvidia\.com\/gpu|no room for all replicas|waits to be let in/);
        const cause = {
          code: kind === 'volcano' ? expect.any(String) : 'TY_JOB_UNSCHEDULABLE',
          budget: 'code',
        } as const;
        await fails(job, cause, /limits\.queued \(6 s\).*(nvidia\.com\/gpu|replicas|let in)/);
      },
    ],
    image: [
      'shows an image that cannot be pulled while it waits, and gives up after its grace',
      async () => {
        site.play({ [PLAY.outcome]: 'bad-image' });
        const job = request({ on: 'played' });
        await site.start(job);
        await waits(job, 'starting', /image pull failing for train rank 0: Back-off pulling image/);
        const cause = {
          kind: 'image-pull',
          code: 'TY_JOB_IMAGE_PULL',
          budget: 'code',
          role: 'train',
          rank: 0,
        } as const;
        await fails(job, cause, /image pull failing for train rank 0/);
      },
    ],
    config: [
      'waits for a secret that is missing, and names it when its grace is over',
      async () => {
        const job = request({ pod: { secretEnv: { TOKEN: { secret: 'absent', key: 'token' } } } });
        await site.start(job);
        await waits(job, 'starting', /secret "absent" not found/);
        const cause = { kind: 'config-missing', code: 'TY_JOB_CONFIG_MISSING', budget: 'code', rank: 0 } as const;
        await fails(job, cause, /train rank 0 cannot start: secret "absent" not found/);
      },
    ],
    'host-path': [
      'names a folder that the node does not have',
      async () => {
        const job = request({ pod: { code: { kind: 'hostPath', path: '/no/such/folder' } } });
        await site.start(job);
        const cause = { kind: 'host-path-missing', code: 'TY_JOB_HOST_PATH_MISSING', budget: 'code' } as const;
        await fails(job, cause, /a folder that its node does not have: .*\/no\/such\/folder/);
      },
    ],
    oom: [
      'tells the memory that was asked for, of a process the kernel ended for it',
      async () => {
        const argv = ['python3', '-c', 'x = bytearray(400 * 1024 * 1024)'];
        const job = request({ argv, resources: { memoryBytes: 64 * 2 ** 20 } });
        await site.start(job);
        const cause = { kind: 'oom', code: 'TY_JOB_OOM', budget: 'code', rank: 0, exitCode: 137 } as const;
        await fails(job, cause, /train rank 0 was ended for its memory: 64 MiB asked for/);
      },
    ],
    evicted: [
      'lays an eviction to the cluster',
      async () => {
        site.play({ [PLAY.outcome]: 'evict', [PLAY.runFor]: '300ms' });
        const job = request({ on: 'played' });
        await site.start(job);
        const cause = { kind: 'evicted', code: 'TY_JOB_EVICTED', budget: 'infrastructure', rank: 0 } as const;
        await fails(job, cause, /train rank 0 was evicted from its node .*low on resource: memory/);
      },
    ],
    preempted: [
      'lays a preemption to the cluster',
      async () => {
        const priority = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'urgent' } };
        await apply(cluster.rest, [{ ...priority, value: 1000 }]);
        site.play({ [PLAY.outcome]: 'hang' });
        const accelerators = [{ profile: 'nvidia', count: 1, cores: null, memoryBytes: null }];
        const nodeSelector = { 'kubernetes.io/hostname': 'gpu-small' };
        const job = request({ on: 'played', pod: { accelerators, nodeSelector } });
        await site.start(job);
        await site.when(job, ({ phase }) => phase === 'running');
        const limits = { 'nvidia.com/gpu': '1' };
        const containers = [{ name: 'urgent', image: 'registry.test/x:1', resources: { limits } }];
        const spec = { priorityClassName: 'urgent', nodeSelector, containers, restartPolicy: 'Never' };
        const metadata = { name: 'urgent', namespace: site.namespace, annotations: { [PLAY.outcome]: 'hang' } };
        await apply(cluster.rest, [{ apiVersion: 'v1', kind: 'Pod', metadata, spec }]);
        const cause = { kind: 'preempted', code: 'TY_JOB_PREEMPTED', budget: 'infrastructure', rank: 0 } as const;
        await fails(job, cause, /train rank 0 had to make room for a job of higher priority on its node gpu-small/);
      },
    ],
    'node-lost': [
      'lays a lost node to the cluster, though nobody is there to end its pod',
      async () => {
        const node = await addLostNode(cluster);
        try {
          site.play({ [PLAY.outcome]: 'stuck' });
          const job = request({
            on: 'played',
            pod: { nodeSelector: node.nodeSelector, tolerations: node.tolerations },
          });
          await site.start(job);
          await site.when(job, ({ phase }) => phase === 'running');
          await node.lose();
          const cause = { kind: 'node-lost', code: 'TY_JOB_NODE_LOST', budget: 'infrastructure', rank: 0 } as const;
          await fails(job, cause, new RegExp(`train rank 0 was lost with its node ${node.name}`));
        } finally {
          await node.remove();
        }
      },
    ],
    'start-deadline': [
      'ends a job whose ranks do not start in time',
      async () => {
        site.play({ [PLAY.startDelay]: '600s' });
        const job = request({ on: 'played', deadlines: { startingSeconds: 2 } });
        await site.start(job);
        const cause = { kind: 'start-deadline', code: 'TY_JOB_START_DEADLINE', budget: 'code' } as const;
        await fails(job, cause, /not every rank started within limits\.starting \(2 s\)/);
      },
    ],
    'exit-code': [
      'names the rank that died first, its exit code and its last lines, though its peers died of it later',
      async () => {
        const script = [
          'if [ "$TASK_INDEX" = 1 ]; then sleep 1; echo epoch 1; echo "KeyError: labels" >&2; exit 7; fi',
          'trap "sleep 1; echo lost my peer; exit 1" TERM',
          'sleep 3 & wait; sleep 2; exit 1',
        ];
        const job = request({ argv: shell(script.join('\n')), role: { replicas: 2 } });
        await site.start(job);
        const cause = { kind: 'exit-code', code: 'TY_JOB_EXIT_CODE', budget: 'code', rank: 1, exitCode: 7 } as const;
        const status = await fails(job, cause, /train rank 1 ended with exit code 7/);
        expect(status.cause?.lastLines).toEqual(['epoch 1', 'KeyError: labels']);
      },
    ],
    deleted: [
      'says so when somebody deletes the job, and not that its processes were ended',
      async () => {
        const job = request({ argv: shell('echo up; while :; do sleep 0.1; done') });
        await site.start(job);
        await site.when(job, ({ phase }) => phase === 'running');
        await cluster.rest.want('DELETE', `${jobPath(kind, site, job.name)}?propagationPolicy=Background`);
        const cause = { kind: 'lost', code: 'TY_JOB_LOST', budget: 'infrastructure' } as const;
        await fails(job, cause, /was deleted, and not by Trainyard/);
        expect(site.progress.join('\n')).toContain('looking again');
        await eventually('nothing of it is left', 20, async () => {
          return (await podsOf(cluster.rest, site.namespace, `trainyard.dev/job=${job.name}`)).length === 0;
        });
      },
    ],
    recreated: [
      'takes another object of the same name for what it is, and leaves it alone',
      async () => {
        const job = request({ argv: shell('while :; do sleep 0.1; done') });
        await site.start(job);
        await site.when(job, ({ phase }) => phase === 'running');
        const path = jobPath(kind, site, job.name);
        const uid = await sameAgain(cluster.rest, path);
        const cause = { kind: 'lost', code: 'TY_JOB_LOST', budget: 'infrastructure' } as const;
        await fails(job, cause, /was deleted/);
        await site.jobs.cancel(job.name, 1);
        const { metadata } = await cluster.rest.want<{ metadata: Readonly<Record<string, unknown>> }>('GET', path);
        expect(metadata).toMatchObject({ uid });
        expect(metadata['deletionTimestamp']).toBeUndefined();
      },
    ],
    quota: [
      'queues what a quota leaves no room for, and runs it once there is',
      async () => {
        const { group, resource } = JOB_PATHS[kind];
        await addQuota(cluster, site.namespace, { [`count/${resource}.${group.split('/')[0] ?? ''}`]: '0' });
        const job = request({ argv: ['true'] });
        await site.start(job);
        await waits(job, 'queued', /exceeded quota: full/);
        await cluster.rest.want('DELETE', `/api/v1/namespaces/${site.namespace}/resourcequotas/full`);
        expect(await site.end(job)).toMatchObject({ phase: 'succeeded', cause: null });
      },
    ],
    'pod-quota': [
      'queues a job whose pods a quota leaves no room for, which only events tell, until limits.queued',
      async () => {
        await addQuota(cluster, site.namespace, { pods: '0' });
        const job = request({ argv: ['true'], queuedSeconds: 6 });
        await site.start(job);
        await waits(job, 'queued', /exceeded quota: full/);
        const cause = { kind: 'start-deadline', code: 'TY_JOB_START_DEADLINE', budget: 'code' } as const;
        await fails(job, cause, /limits\.queued \(6 s\).*exceeded quota: full/);
      },
    ],
    'webhook-down': [
      'tries again what an admission webhook that is down keeps out',
      async () => {
        await addUnreachable(cluster, site.namespace, JOB_PATHS[kind]);
        const job = request({ argv: ['true'] });
        try {
          const refused: unknown = await site.jobs.submit(job).catch((error: unknown) => error);
          expect(refused).toMatchObject({ code: 'TY_CLUSTER_UNAVAILABLE' });
          expect(String(refused)).toMatch(/webhook of the cluster is down/);
          expect(errorEntry('TY_CLUSTER_UNAVAILABLE').fate).toBe('retry');
        } finally {
          await removeWebhook(cluster, site.namespace);
        }
        await eventually('it is let in', 20, async () => {
          await site.start(job);
          return true;
        });
        expect(await site.end(job)).toMatchObject({ phase: 'succeeded' });
      },
    ],
    'webhook-denies': [
      'repeats the words of an admission webhook that denies the job, and leaves nothing behind',
      async () => {
        const webhook = await addDenying(cluster, site.namespace, JOB_PATHS[kind], 'no jobs on Sundays');
        try {
          const job = request({ role: { replicas: 2 } });
          const refused: unknown = await site.jobs.submit(job).catch((error: unknown) => error);
          expect(refused).toMatchObject({
            code: 'TY_JOB_REFUSED',
            details: { why: expect.stringContaining('no jobs on Sundays') },
          });
          expect(errorEntry('TY_JOB_REFUSED').fate).toBe('never');
          const services = `/api/v1/namespaces/${site.namespace}/services`;
          await eventually('the Service that was made first is gone', 20, async () => {
            return (await cluster.rest.want<{ items: unknown[] }>('GET', services)).items.length === 0;
          });
          expect(await site.jobs.active()).toEqual([]);
        } finally {
          await webhook.close();
        }
      },
    ],
  };

  describe(`on ${kind}, a failure`, () => {
    for (const [name, [title, run]] of Object.entries(cases)) {
      if (!except.includes(name as FailureName)) it(title, run, 120_000);
    }
  });
}

async function addQuota(cluster: Cluster, namespace: string, hard: Readonly<Record<string, string>>): Promise<void> {
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'full', namespace }, spec: { hard } };
  await apply(cluster.rest, [quota]);
  await eventually('the quota counts', 60, async () => {
    const path = `/api/v1/namespaces/${namespace}/resourcequotas/full`;
    const { status } = await cluster.rest.want<{ status?: { used?: object } }>('GET', path);
    return Object.keys(status?.used ?? {}).length > 0;
  });
}
