import { describe, expect } from 'vitest';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { describeCases, pause, TWO } from './cancel-stage.ts';
import type { CancelCase } from './cancel-stage.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { JOB_PATHS, shell } from './failure-case.ts';
import { addQuota } from './failures-at-start.ts';
import type { FollowedSite } from './followed-site.ts';
import { PLAY } from './played-stages.ts';

const FOREVER = shell('while :; do sleep 0.1; done');
const SCRATCH = { kind: 'generated', bytes: 2 ** 20, storageClass: null } as const;

const CANCELS: readonly CancelCase[] = [
  [
    'while no node can take it',
    async ({ site, request, cancelled }) => {
      const accelerators = [{ profile: 'nvidia', count: 99, cores: null, memoryBytes: null }];
      const job = request({ on: 'played', pod: { accelerators }, role: TWO });
      await site.start(job);
      const waits = /no node|nvidia\.com\/gpu|no room for all replicas|waits to be let in/;
      await site.when(job, ({ phase, reason }) => phase === 'queued' && waits.test(reason ?? ''));
      await cancelled(job);
    },
  ],
  [
    'while its image cannot be pulled',
    async ({ site, request, cancelled }) => {
      site.play({ [PLAY.outcome]: 'bad-image' });
      const job = request({ on: 'played', role: TWO });
      await site.start(job);
      await site.when(job, ({ reason }) => /image pull failing/.test(reason ?? ''), 40);
      await cancelled(job);
    },
  ],
  [
    'while its processes do not listen, which are ended when the grace is over',
    async ({ site, request, cancelled }) => {
      const job = request({ argv: shell('trap "" TERM; echo up; while :; do sleep 0.1; done'), role: TWO });
      await site.start(job);
      await site.when(job, ({ phase }) => phase === 'running', 40);
      await eventually('both are up', 20, () => [0, 1].every((rank) => /up/.test(site.log(job, rank))));
      await cancelled(job);
    },
  ],
  [
    'while it is being submitted, at any moment',
    async ({ site, request, nothingLeft }) => {
      for (const after of [0, 2, 5, 10, 20, 40, 80]) {
        const job = request({ argv: FOREVER, role: TWO });
        const submitting = site.start(job).catch((error: unknown) => error);
        await pause(after);
        await site.jobs.cancel(job.name, 1);
        await submitting;
        await site.jobs.cancel(job.name, 1);
        await nothingLeft(`cancelled after ${after} ms`);
      }
    },
  ],
  [
    'while a quota keeps it out, also when there is room later',
    async ({ kind, cluster, site, request, cancelled, nothingLeft }) => {
      const { group, resource } = JOB_PATHS[kind];
      await addQuota(cluster, site.namespace, { [`count/${resource}.${group.split('/')[0] ?? ''}`]: '0' });
      const job = request({ argv: ['true'], role: TWO });
      await site.start(job);
      await site.when(job, ({ reason }) => /exceeded quota/.test(reason ?? ''));
      await cancelled(job);
      await cluster.rest.want('DELETE', `/api/v1/namespaces/${site.namespace}/resourcequotas/full`);
      await pause(1500);
      await nothingLeft('though there is room');
    },
  ],
  [
    'though another worker has begun it, which is gone',
    async ({ site, request, cancelled }) => {
      const job = request({ argv: FOREVER, role: TWO });
      await site.start(job);
      await site.when(job, ({ phase }) => phase === 'running', 40);
      await site.newWorker();
      await cancelled(job);
    },
  ],
  [
    'with the space that was not to be kept',
    async ({ cluster, site, request, cancelled }) => {
      const job = request({ argv: FOREVER, pod: { scratch: { ...SCRATCH, keep: false } } });
      await site.start(job);
      await eventually('its space is asked for', 20, async () => (await claims(cluster, site)).length === 1);
      await cancelled(job);
    },
  ],
  [
    'but the space that was to be kept',
    async ({ cluster, site, request, cancelled }) => {
      const job = request({ argv: FOREVER, pod: { scratch: { ...SCRATCH, keep: true } } });
      await site.start(job);
      await site.when(job, ({ phase }) => phase === 'queued');
      await cancelled(job);
      expect(await claims(cluster, site)).toHaveLength(1);
    },
  ],
];

async function claims({ rest }: Cluster, { namespace }: FollowedSite): Promise<readonly unknown[]> {
  const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims?labelSelector=trainyard.dev%2Fjob`;
  return (await rest.want<{ items: readonly unknown[] }>('GET', path)).items;
}

/** Jobs of a backend that are cancelled, whatever they are doing. */
export function describeCancels(kind: ClusterBackendKind): void {
  describe(`a cancelled job on ${kind} leaves nothing`, () => describeCases(kind, CANCELS));
}
