import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobRequest } from '../../domain/job.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { openClusterWorld } from '../cluster-support/digits.ts';
import { eventually } from '../cluster-support/eventually.ts';
import { followSite } from '../cluster-support/followed-site.ts';
import type { FollowedSite } from '../cluster-support/followed-site.ts';
import type { KubeRequestOptions } from '../cluster-support/kube-site.ts';
import { PLAY } from '../cluster-support/played-stages.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
let site: FollowedSite;

beforeAll(async () => {
  cluster = await sharedCluster();
}, CLUSTER_START_MS);
afterAll(() => cluster.stop());

const KINDS = [
  '/apis/batch/v1/namespaces/NS/jobs',
  '/api/v1/namespaces/NS/pods',
  '/api/v1/namespaces/NS/services',
  '/api/v1/namespaces/NS/configmaps',
  '/api/v1/namespaces/NS/secrets',
  '/api/v1/namespaces/NS/persistentvolumeclaims',
];

interface Labelled {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

/** Everything with our labels, but what is labelled to be kept. */
async function ours(namespace: string): Promise<readonly string[]> {
  const query = '?labelSelector=trainyard.dev%2Fjob%2C%21trainyard.dev%2Fkeep';
  const lists = await Promise.all(
    KINDS.map(async (path) => {
      const { items } = await cluster.rest.want<{ items: Labelled[] }>('GET', path.replace('NS', namespace) + query);
      return items.map(({ metadata }) => `${path.split('/').at(-1) ?? ''} ${metadata.name}`);
    }),
  );
  return lists.flat();
}

const shell = (script: string): readonly string[] => ['sh', '-c', script];
const request = (options: KubeRequestOptions = {}): JobRequest => site.request({ graceSeconds: 1, ...options });

describe('a cancelled job leaves nothing', () => {
  beforeEach(async () => {
    site = await followSite(cluster, 'kubernetes-job');
  });
  afterEach(() => site.close());

  async function cancelled(job: JobRequest): Promise<void> {
    await site.jobs.cancel(job.name, 1);
    expect(await ours(site.namespace)).toEqual([]);
    expect(await site.jobs.read(job.name)).toMatchObject({ phase: 'cancelled', cause: null });
    expect(await site.end(job)).toMatchObject({ phase: 'cancelled' });
  }

  it('while no node can take it', async () => {
    const accelerators = [{ profile: 'nvidia', count: 99, cores: null, memoryBytes: null }];
    const job = request({ on: 'played', pod: { accelerators }, role: { replicas: 2 } });
    await site.start(job);
    await site.when(job, ({ phase, reason }) => phase === 'queued' && /no node/.test(reason ?? ''));
    await cancelled(job);
  });

  it('while its image cannot be pulled', async () => {
    site.play({ [PLAY.outcome]: 'bad-image' });
    const job = request({ on: 'played', role: { replicas: 2 } });
    await site.start(job);
    await site.when(job, ({ reason }) => /image pull failing/.test(reason ?? ''));
    await cancelled(job);
  });

  it('while its processes do not listen, which are ended when the grace is over', async () => {
    const job = request({ argv: shell('trap "" TERM; echo up; while :; do sleep 0.1; done'), role: { replicas: 2 } });
    await site.start(job);
    await site.when(job, ({ phase }) => phase === 'running');
    await eventually('both are up', 20, () => [0, 1].every((rank) => /up/.test(site.log(job, rank))));
    await cancelled(job);
  });

  it('while it is being submitted, at any moment', async () => {
    for (const pause of [0, 2, 5, 10, 20, 40, 80]) {
      const job = request({ argv: shell('while :; do sleep 0.1; done'), role: { replicas: 2 } });
      const submitting = site.start(job).catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, pause));
      await site.jobs.cancel(job.name, 1);
      await submitting;
      await site.jobs.cancel(job.name, 1);
      expect(await ours(site.namespace), `cancelled after ${pause} ms`).toEqual([]);
    }
  });

  it('while a quota keeps it out, also when there is room later', async () => {
    const quota = `/api/v1/namespaces/${site.namespace}/resourcequotas`;
    const hard = { 'count/jobs.batch': '0' };
    await cluster.rest.want('POST', quota, { metadata: { name: 'full' }, spec: { hard } });
    await eventually('the quota counts', 30, async () => {
      const { status } = await cluster.rest.want<{ status?: { used?: object } }>('GET', `${quota}/full`);
      return Object.keys(status?.used ?? {}).length > 0;
    });
    const job = request({ argv: ['true'], role: { replicas: 2 } });
    await site.start(job);
    await site.when(job, ({ reason }) => /exceeded quota/.test(reason ?? ''));
    await cancelled(job);
    await cluster.rest.want('DELETE', `${quota}/full`);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await ours(site.namespace)).toEqual([]);
  });

  it('but the space that was to be kept', async () => {
    const scratch = { kind: 'generated', bytes: 2 ** 20, storageClass: null, keep: true } as const;
    const job = request({ argv: shell('sleep 60'), pod: { scratch } });
    await site.start(job);
    await site.when(job, ({ phase }) => phase === 'queued');
    await cancelled(job);
    const claims = `/api/v1/namespaces/${site.namespace}/persistentvolumeclaims?labelSelector=trainyard.dev%2Fkeep`;
    expect((await cluster.rest.want<{ items: unknown[] }>('GET', claims)).items).toHaveLength(1);
  });
});

describe('an ended job', () => {
  beforeEach(async () => {
    site = await followSite(cluster, 'kubernetes-job');
  });
  afterEach(() => site.close());

  it('is gone from the cluster at once when it succeeded, and its log is not', async () => {
    const job = request({ argv: shell('echo done'), role: { replicas: 2 }, keepFailedSeconds: 600 });
    await site.start(job);
    expect(await site.end(job)).toMatchObject({ phase: 'succeeded' });
    await eventually('nothing is left', 10, async () => (await ours(site.namespace)).length === 0);
    expect(site.log(job, 1)).toMatch(/done/);
  });

  it('is kept to be looked at for keepFailed when it failed, and then goes', async () => {
    const job = request({ argv: shell('exit 3'), keepFailedSeconds: 5 });
    await site.start(job);
    expect(await site.end(job)).toMatchObject({ phase: 'failed' });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await ours(site.namespace)).toEqual([
      `jobs ${job.name}`,
      expect.stringMatching(new RegExp(`^pods ${job.name}-0-`)),
    ]);
    await eventually('nothing is left', 15, async () => (await ours(site.namespace)).length === 0);
  });

  it('that was kept goes when its time is over, though another worker is there by then', async () => {
    const job = request({ argv: shell('exit 3'), keepFailedSeconds: 4, role: { replicas: 2 } });
    await site.start(job);
    await site.end(job);
    await site.newWorker();
    expect(await ours(site.namespace)).not.toEqual([]);
    await eventually('nothing is left', 30, async () => (await ours(site.namespace)).length === 0);
  });

  it('that was ended for its silence is named so, though its processes ended politely', async () => {
    const job = request({
      argv: shell('trap "exit 0" TERM; echo up; while :; do sleep 0.1; done'),
      deadlines: { silentSeconds: 3 },
    });
    await site.start(job);
    const cause = { kind: 'silent', code: 'TY_JOB_SILENT', budget: 'code' };
    expect(await site.end(job)).toMatchObject({ phase: 'failed', cause });
    await eventually('nothing is left', 10, async () => (await ours(site.namespace)).length === 0);
  });
});

describe('a run that is cancelled while it packages', () => {
  it('leaves nothing on the cluster', async () => {
    const on = await openClusterWorld(cluster);
    try {
      const { serve: _serve, ...spec } = on.world.spec({
        backend: { kind: 'kubernetes-job' },
        compute: { image: 'registry.test/train:1' },
        package: {
          kind: 'torchscript',
          command: ['sh', '-c', 'echo packing > "$TRAINYARD_OUTPUT_DIR/packing"; sleep 600'],
        },
      });
      const run = await on.sdk.start(spec);
      const mark = `${on.workspace}/runs/${run.runId}/output/packing`;
      await eventually('it packages', 60, () => readFileSync(mark, 'utf8') !== '');
      await run.cancel();
      expect(await run.result({ signal: AbortSignal.timeout(60_000) })).toMatchObject({ status: 'cancelled' });
      expect(await ours(on.namespace)).toEqual([]);
    } finally {
      await on.close();
    }
  });
});
