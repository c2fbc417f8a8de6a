import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobRequest } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Cluster } from './cluster.ts';
import { openClusterWorld } from './digits.ts';
import { eventually } from './eventually.ts';
import { JOB_PATHS, shell, SIMPLE } from './failure-case.ts';
import { addQuota } from './failures-at-start.ts';
import { followSite } from './followed-site.ts';
import type { FollowedSite } from './followed-site.ts';
import type { KubeRequestOptions } from './kube-site.ts';
import { leftIn } from './leftovers.ts';
import { PLAY } from './played-stages.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';

interface CancelStage {
  readonly kind: ClusterBackendKind;
  readonly cluster: Cluster;
  readonly site: FollowedSite;
  request(options?: KubeRequestOptions): JobRequest;
  /** The job is cancelled, is told so, and leaves nothing. */
  cancelled(job: JobRequest): Promise<void>;
  left(): Promise<readonly string[]>;
}

/** What a job is doing when it is cancelled. */
type CancelCase = readonly [title: string, run: (on: CancelStage) => Promise<void>];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const TWO = { replicas: 2 } as const;
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
    async ({ site, request, left }) => {
      for (const after of [0, 2, 5, 10, 20, 40, 80]) {
        const job = request({ argv: FOREVER, role: TWO });
        const submitting = site.start(job).catch((error: unknown) => error);
        await pause(after);
        await site.jobs.cancel(job.name, 1);
        await submitting;
        await site.jobs.cancel(job.name, 1);
        expect(await left(), `cancelled after ${after} ms`).toEqual([]);
      }
    },
  ],
  [
    'while a quota keeps it out, also when there is room later',
    async ({ kind, cluster, site, request, cancelled, left }) => {
      const { group, resource } = JOB_PATHS[kind];
      await addQuota(cluster, site.namespace, { [`count/${resource}.${group.split('/')[0] ?? ''}`]: '0' });
      const job = request({ argv: ['true'], role: TWO });
      await site.start(job);
      await site.when(job, ({ reason }) => /exceeded quota/.test(reason ?? ''));
      await cancelled(job);
      await cluster.rest.want('DELETE', `/api/v1/namespaces/${site.namespace}/resourcequotas/full`);
      await pause(1500);
      expect(await left()).toEqual([]);
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

/** How jobs end that nobody cancels, and what stays of them. */
const ENDS: readonly CancelCase[] = [
  [
    'is gone from the cluster at once when it succeeded, and its log is not',
    async ({ site, request, left }) => {
      const job = request({ argv: shell('echo done'), role: TWO, keepFailedSeconds: 600 });
      await site.start(job);
      expect(await site.end(job)).toMatchObject({ phase: 'succeeded' });
      await eventually('nothing is left', 10, async () => (await left()).length === 0);
      expect(site.log(job, 1)).toMatch(/done/);
    },
  ],
  [
    'is kept to be looked at for keepFailed when it failed, and then goes',
    async ({ kind, site, request, left }) => {
      const job = request({ argv: shell('exit 3'), keepFailedSeconds: 5 });
      await site.start(job);
      expect(await site.end(job)).toMatchObject({ phase: 'failed' });
      expect(await site.sweep()).toEqual([]);
      const kept = await left();
      expect(kept).toContain(`${JOB_PATHS[kind].resource} ${job.name}`);
      expect(kept).toContainEqual(expect.stringMatching(new RegExp(`^pods ${job.name}-`)));
      await eventually('it is swept', 30, async () => (await site.sweep()).includes(job.name));
      await eventually('nothing is left', 30, async () => (await left()).length === 0);
    },
  ],
  [
    'that was kept goes when its time is over, though another worker is there by then',
    async ({ site, request, left }) => {
      const job = request({ argv: shell('exit 3'), keepFailedSeconds: 4, role: TWO });
      await site.start(job);
      await site.end(job);
      await site.newWorker();
      expect(await left()).not.toEqual([]);
      await eventually('it is swept', 30, async () => (await site.sweep()).includes(job.name));
      await eventually('nothing is left', 30, async () => (await left()).length === 0);
    },
  ],
  [
    'that was ended for its silence is named so, though its processes ended politely',
    async ({ site, request, left }) => {
      const argv = shell('trap "exit 0" TERM; echo up; while :; do sleep 0.1; done');
      const job = request({ argv, deadlines: { silentSeconds: 3 } });
      await site.start(job);
      const cause = { kind: 'silent', code: 'TY_JOB_SILENT', budget: 'code' };
      expect(await site.end(job)).toMatchObject({ phase: 'failed', cause });
      await eventually('nothing is left', 10, async () => (await left()).length === 0);
    },
  ],
];

/** Jobs of a backend that are cancelled, whatever they are doing. */
export function describeCancels(kind: ClusterBackendKind): void {
  describe(`a cancelled job on ${kind} leaves nothing`, () => describeCases(kind, CANCELS));
}

/** Jobs of a backend that have ended, and a whole run that is cancelled. */
export function describeEnds(kind: ClusterBackendKind): void {
  describe(`an ended job on ${kind}`, () => describeCases(kind, ENDS));
  it(`a run on ${kind} that is cancelled while it packages leaves nothing`, async () => {
    const cluster = await sharedCluster();
    await packaging(cluster, kind);
    await cluster.stop();
  });
}

function describeCases(kind: ClusterBackendKind, cases: readonly CancelCase[]): void {
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
  for (const [title, run] of cases) it(title, () => run(stageOf(kind, cluster, site)), 120_000);
}

function stageOf(kind: ClusterBackendKind, cluster: Cluster, site: FollowedSite): CancelStage {
  const left = (): Promise<readonly string[]> => leftIn(cluster.rest, site.namespace);
  return {
    kind,
    cluster,
    site,
    left,
    request: (options = {}) => site.request({ graceSeconds: 1, backend: SIMPLE[kind], ...options }),
    async cancelled(job) {
      await site.jobs.cancel(job.name, 1);
      expect(await left()).toEqual([]);
      expect(await site.jobs.read(job.name)).toMatchObject({ phase: 'cancelled', cause: null });
      expect(await site.end(job)).toMatchObject({ phase: 'cancelled' });
    },
  };
}

async function packaging(cluster: Cluster, kind: ClusterBackendKind): Promise<void> {
  const on = await openClusterWorld(cluster);
  try {
    const { serve: _serve, ...spec } = on.world.spec({
      backend: { kind },
      compute: { image: 'registry.test/train:1' },
      package: {
        kind: 'torchscript',
        command: ['sh', '-c', 'echo packing > "$TRAINYARD_OUTPUT_DIR/packing"; sleep 600'],
      },
    });
    const run = await on.sdk.start(spec);
    const mark = `${on.workspace}/runs/${run.runId}/output/packing`;
    await eventually('it packages', 90, () => readFileSync(mark, 'utf8') !== '');
    await run.cancel();
    expect(await run.result({ signal: AbortSignal.timeout(60_000) })).toMatchObject({ status: 'cancelled' });
    expect(await leftIn(cluster.rest, on.namespace)).toEqual([]);
  } finally {
    await on.close();
  }
}
