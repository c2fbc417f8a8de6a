import { expect } from 'vitest';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { JOB_PATHS } from './failure-case.ts';
import { shell } from './failure-case.ts';
import type { FailureCase } from './failure-case.ts';
import { apply } from './objects.ts';
import { PLAY } from './played-stages.ts';

/** What keeps jobs from starting. */
export const FAILURES_AT_START = {
  unschedulable: [
    'queues a job that no node can take, saying why, until limits.queued',
    async ({ kind, site, request, fails, waits }) => {
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
    async ({ site, request, fails, waits }) => {
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
    async ({ site, request, fails, waits }) => {
      const job = request({ pod: { secretEnv: { TOKEN: { secret: 'absent', key: 'token' } } } });
      await site.start(job);
      await waits(job, 'starting', /secret "absent" not found/);
      const cause = { kind: 'config-missing', code: 'TY_JOB_CONFIG_MISSING', budget: 'code', rank: 0 } as const;
      await fails(job, cause, /train rank 0 cannot start: secret "absent" not found/);
    },
  ],
  'host-path': [
    'names a folder that the node does not have',
    async ({ site, request, fails }) => {
      const job = request({ pod: { code: { kind: 'hostPath', path: '/no/such/folder' } } });
      await site.start(job);
      const cause = { kind: 'host-path-missing', code: 'TY_JOB_HOST_PATH_MISSING', budget: 'code' } as const;
      await fails(job, cause, /a folder that its node does not have: .*\/no\/such\/folder/);
    },
  ],
  'start-deadline': [
    'ends a job whose ranks do not start in time',
    async ({ site, request, fails }) => {
      site.play({ [PLAY.startDelay]: '600s' });
      const job = request({ on: 'played', deadlines: { startingSeconds: 2 } });
      await site.start(job);
      const cause = { kind: 'start-deadline', code: 'TY_JOB_START_DEADLINE', budget: 'code' } as const;
      await fails(job, cause, /not every rank started within limits\.starting \(2 s\)/);
    },
  ],
  rendezvous: [
    'names the rank that cannot reach another, and whom, and does not let them wait for ever',
    async ({ site, request, fails, waits }) => {
      // The words are PyTorch's own.
      const words = 'network addresses of ($MASTER_ADDR, $MASTER_PORT) cannot be retrieved (gai error: -2)';
      const said = `while :; do echo "W socket.cpp:601] [c10d] The IPv6 ${words}."; sleep 1; done`;
      const argv = shell(`if [ "$TASK_INDEX" = 1 ]; then ${said}; fi; while :; do sleep 1; done`);
      const role = { replicas: 2 };
      const job = request({ argv, role, rendezvousPort: 29_511, deadlines: { startingSeconds: 6 } });
      await site.start(job);
      const unreached = /train rank 1 cannot reach .+:29511/;
      await waits(job, 'running', unreached);
      const cause = { kind: 'start-deadline', code: 'TY_JOB_START_DEADLINE', budget: 'code' } as const;
      const { cause: told } = await fails(
        job,
        cause,
        /no rank got past the rendezvous within limits\.starting \(6 s\)/,
      );
      expect(told?.message).toMatch(unreached);
    },
  ],
  quota: [
    'queues what a quota leaves no room for, and runs it once there is',
    async ({ cluster, kind, site, request, waits }) => {
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
    async ({ cluster, site, request, fails, waits }) => {
      await addQuota(cluster, site.namespace, { pods: '0' });
      const job = request({ argv: ['true'], queuedSeconds: 6 });
      await site.start(job);
      await waits(job, 'queued', /exceeded quota: full/);
      const cause = { kind: 'start-deadline', code: 'TY_JOB_START_DEADLINE', budget: 'code' } as const;
      await fails(job, cause, /limits\.queued \(6 s\).*exceeded quota: full/);
    },
  ],
} as const satisfies Readonly<Record<string, FailureCase>>;

export async function addQuota(
  cluster: Cluster,
  namespace: string,
  hard: Readonly<Record<string, string>>,
): Promise<void> {
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'full', namespace }, spec: { hard } };
  await apply(cluster.rest, [quota]);
  await eventually('the quota counts', 60, async () => {
    const path = `/api/v1/namespaces/${namespace}/resourcequotas/full`;
    const { status } = await cluster.rest.want<{ status?: { used?: object } }>('GET', path);
    return Object.keys(status?.used ?? {}).length > 0;
  });
}
