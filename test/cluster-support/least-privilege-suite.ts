import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discoverSite } from '../../adapters/kubernetes/discovery.ts';
import type { JobStatus } from '../../domain/job.ts';
import { CLUSTER_BACKENDS as CLUSTER_KINDS } from '../../domain/pod-plan.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { ended, running, statusWhen, until } from '../contract/jobs.contract.ts';
import { torchRole } from '../support/cluster-job.ts';
import { rolePlan } from '../support/job-request.ts';
import type { Cluster } from './cluster.ts';
import type { KubeRequestOptions } from './kube-site.ts';
import { grantedRights, neededRights, openLeastSite, readsAsOne, rightsLacked, rightsUsed } from './least-privilege.ts';
import type { LeastSite } from './least-privilege.ts';
import { addVolume, leftOf, makeHalf, ownPath, suspendAndResume } from './least-privilege-jobs.ts';
import type { Stage } from './least-privilege-jobs.ts';
import { CLUSTER_BACKENDS } from '../../worker/site-ports.ts';
import { beyond } from './beyond-rights.ts';
import { apply } from './objects.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';

export interface LeastSuite {
  readonly backend: ClusterBackendKind;
  /** Plural and group of the job's kind, as a quota counts it. */
  readonly kind: string;
  /** Made before the tests by an administrator, and asked about by doctor. */
  readonly prepare?: (cluster: Cluster) => Promise<void>;
  readonly tidy?: (cluster: Cluster) => Promise<unknown>;
  readonly named?: { readonly queue?: string; readonly runtime?: string };
  /** Further options of a job that is tried with and without the ClusterRole. */
  readonly also?: Readonly<Record<string, KubeRequestOptions>>;
  /** Rights that are used where something else is installed, or elsewhere; by what. */
  readonly elsewhere: Readonly<Record<string, string>>;
}

/** Rights for what no ring of tests has installed. */
export const NOT_INSTALLED: LeastSuite['elsewhere'] = {
  'read pods.metrics.k8s.io': 'the metrics API, for usage',
  'read localqueues.kueue.x-k8s.io': 'Kueue, for doctor',
  'create podgroups.scheduling.x-k8s.io': 'the coscheduling plugin, as with the PodGroups of Volcano',
  'patch podgroups.scheduling.x-k8s.io': 'the coscheduling plugin, as with the PodGroups of Volcano',
  'delete podgroups.scheduling.x-k8s.io': 'the coscheduling plugin, as with the PodGroups of Volcano',
};

/** Everything a worker does with one backend, with the rights of the table and no others. */
export function describeLeastPrivilege(suite: LeastSuite): void {
  describe(suite.backend, () => describeSuite(suite));
}

function describeSuite(suite: LeastSuite): void {
  let cluster: Cluster;
  const used = new Set<string>();

  beforeAll(async () => {
    cluster = await sharedCluster();
    await suite.prepare?.(cluster);
  }, CLUSTER_START_MS);

  afterAll(async () => {
    await suite.tidy?.(cluster);
    await cluster.rest.send('DELETE', '/apis/rbac.authorization.k8s.io/v1/clusterroles/trainyard-read');
    await cluster.stop();
  });

  describe.each([
    ['with the rights on the cluster', true],
    ['without the rights on the cluster', false],
  ])(`a worker of ${suite.backend} %s`, (_name, clusterRole) => {
    let site: LeastSite;
    beforeAll(async () => {
      site = await openLeastSite(cluster, suite.backend, clusterRole);
    });
    afterAll(async () => {
      for (const right of rightsUsed(site.seen)) used.add(right);
      await site.close();
    });
    describeWorker(suite, () => ({ site, cluster }));

    it('was refused nothing but what each account is told it lacks', async () => {
      const findings = await site.doctor(suite.named ?? {});
      const rights = findings.filter(({ name }) => name === 'rights');
      const told = rights.map(({ found }) => found).join('\n');
      const lacked = rightsLacked(site.seen).filter((right) => !isAskedAnyway(right));
      expect(rights.map(({ state }) => state)).not.toContain('missing');
      if (clusterRole) expect([lacked, rights.map(({ state }) => state)]).toEqual([[], ['ok']]);
      for (const right of lacked) {
        const [, resource = ''] = right.split(' ');
        if (neededRights(suite.backend).has(right)) expect(told).toContain(`may not get ${resource}: `);
        else expect(right).toBe('get customresourcedefinitions.apiextensions.k8s.io');
      }
    });

    it('finds the same on the cluster as its administrator', async () => {
      expect(await discoverSite(site.api)).toEqual(await discoverSite(site.admin.api));
    });
  });

  it(`uses every right of the table for ${suite.backend}, and no other`, () => {
    const granted = grantedRights(suite.backend);
    expect([...used].filter((right) => !granted.has(right))).toEqual([]);
    const known = new Set([...used].map(readsAsOne));
    const needed = new Set([...neededRights(suite.backend)].map(readsAsOne));
    expect([...needed].filter((right) => !known.has(right) && !(right in suite.elsewhere))).toEqual([]);
  });
}

const OF_ALL = new Set(CLUSTER_KINDS.flatMap((kind) => [...grantedRights(kind)]));

/**
 * Whoever cleans up looks for what jobs of any backend leave, and bears to be refused: without the right to it nothing
 * of it was made.
 */
const isAskedAnyway = (right: string): boolean => right.startsWith('list ') && OF_ALL.has(right);

const sh = (script: string): KubeRequestOptions => ({ argv: ['sh', '-c', script], graceSeconds: 1 });
const two = (script: string): KubeRequestOptions => ({
  roles: [torchRole(2, { launcher: 'plain', steps: rolePlan(['sh', '-c', script]).steps })],
  graceSeconds: 1,
});
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 0.1; done';

function describeWorker(suite: LeastSuite, stage: () => Stage): void {
  // One that has stopped watching follows no logs any more.
  const worker = () => ({ ...stage(), jobs: stage().site.another() });

  it('is told of an end, and cleans up after it', async () => {
    const { site, jobs } = worker();
    const request = site.admin.request(two('exit 0'));
    await jobs.preflight('plain', [request.plan]);
    const told: JobStatus[] = [];
    const watch = await jobs.watch((status) => void told.push(status));
    try {
      await jobs.submit(request);
      await jobs.expect(request.name, { workflowId: 'run-1', runId: '1', activityId: 'await-1' });
      await until(() => told.length > 0, 90);
      expect(told[0]).toMatchObject({ name: request.name, phase: 'succeeded' });
      await until(async () => (await leftOf(stage(), request)).length === 0, 60);
    } finally {
      await watch.stop();
    }
  });

  it('names the last lines of a failure, and adopts what an earlier try has made', async () => {
    const { site, jobs } = worker();
    const request = site.admin.request(two('echo "KeyError: no such column" >&2; exit 3'));
    await makeHalf(stage(), request);
    await jobs.submit(request);
    await site.another().submit(request);
    const status = await ended(jobs, request.name, 90);
    expect(status.cause).toMatchObject({ kind: 'exit-code', exitCode: 3 });
    expect(status.cause?.lastLines.at(-1)).toContain('no such column');
    await jobs.cancel(request.name, 1);
    expect(await leftOf(stage(), request)).toEqual([]);
  });

  it('cancels, and nothing is left but a claim that is kept', async () => {
    const { site, cluster, jobs } = worker();
    const folder = mkdtempSync(join(tmpdir(), 'trainyard-scratch-'));
    chmodSync(folder, 0o777);
    const storageClass = `scratch-${site.namespace}`;
    await addVolume(cluster, storageClass, folder);
    const scratch = { kind: 'generated', bytes: 2 ** 20, storageClass, keep: true } as const;
    const request = site.admin.request({ ...sh(`touch /scratch/here; ${FOREVER}`), pod: { scratch } });
    await jobs.submit(request);
    await running(jobs, request.name, 90);
    await jobs.cancel(request.name, 1);
    expect(await jobs.read(request.name)).toMatchObject({ phase: 'cancelled' });
    expect(await leftOf(stage(), request)).toEqual([]);
    const claim = `/api/v1/namespaces/${site.namespace}/persistentvolumeclaims/${request.name}-scratch`;
    expect(await cluster.rest.send('GET', claim)).toMatchObject({ status: 200 });
    await cluster.rest.send('DELETE', claim);
    await cluster.rest.send('DELETE', `/api/v1/persistentvolumes/${storageClass}`);
    rmSync(folder, { recursive: true, force: true });
  });

  it('suspends a job and lets it go on, or refuses to', async () => {
    const { site, jobs } = worker();
    const request = site.admin.request(sh(FOREVER));
    await suspendAndResume(jobs, request, CLUSTER_BACKENDS[suite.backend].suspend !== undefined);
    expect(await leftOf(stage(), request)).toEqual([]);
  });

  it('says what a job waits for, and takes its claims away with it', async () => {
    const { site, jobs } = worker();
    const scratch = { kind: 'generated', bytes: 2 ** 20, storageClass: 'nobody-makes-it', keep: false } as const;
    const request = site.admin.request({ ...sh('exit 0'), on: 'played', pod: { scratch } });
    await jobs.submit(request);
    const status = await statusWhen(jobs, request.name, ({ reason }) => /claim|volume/i.test(reason ?? ''), 90);
    expect(status.phase).toBe('queued');
    await jobs.cancel(request.name, 1);
    expect(await leftOf(stage(), request)).toEqual([]);
  });

  it('waits while a quota is used up', async () => {
    const { site, cluster, jobs } = worker();
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'full', namespace: site.namespace } };
    await apply(cluster.rest, [{ ...quota, spec: { hard: { [`count/${suite.kind}`]: '0' } } }]);
    const path = `/api/v1/namespaces/${site.namespace}/resourcequotas/full`;
    await until(async () => JSON.stringify((await cluster.rest.send('GET', path)).body).includes('"used"'), 30);
    const request = site.admin.request(sh('exit 0'));
    const watch = await jobs.watch(() => undefined);
    try {
      const other = site.admin.request(two('exit 0'));
      for (const one of [request, other]) await jobs.submit(one);
      const status = await statusWhen(jobs, request.name, ({ reason }) => reason !== null, 30);
      expect(status).toMatchObject({ phase: 'queued', reason: expect.stringContaining('exceeded quota') });
      // What was made before the job that found no room goes too.
      await jobs.cancel(other.name, 1);
      expect(await leftOf(stage(), other)).toEqual([]);
      await cluster.rest.send('DELETE', path);
      expect(await ended(jobs, request.name, 90)).toMatchObject({ phase: 'succeeded' });
    } finally {
      await watch.stop();
    }
  });

  it('ends the pods of a job that somebody has deleted without them', async () => {
    const { site, cluster, jobs } = worker();
    const request = site.admin.request(sh(FOREVER));
    const watch = await jobs.watch(() => undefined);
    try {
      await jobs.submit(request);
      await running(jobs, request.name, 90);
      await cluster.rest.want('DELETE', `${ownPath(stage(), request)}/${request.name}?propagationPolicy=Orphan`);
      expect(await ended(jobs, request.name, 60)).toMatchObject({ phase: 'failed', cause: { kind: 'lost' } });
      // What frameworks made besides is theirs to remove, and nobody's any more.
      const pods = async () => (await leftOf(stage(), request)).filter((one) => one.startsWith('pods '));
      await until(async () => (await pods()).length === 0, 60);
    } finally {
      await watch.stop();
    }
  });

  it('is refused everything beyond', async () => {
    const { site } = worker();
    const rest = site.rest();
    const asked = beyond(suite.backend, site.namespace);
    const answers = await Promise.all(
      asked.map(async ([method, path]) => `${(await rest.send(method, path)).status} ${method} ${path}`),
    );
    rest.close();
    expect(answers.filter((answer) => !answer.startsWith('403 '))).toEqual([]);
  });

  for (const [name, options] of Object.entries(suite.also ?? {})) {
    it(`runs a job with ${name}`, async () => {
      const { site, jobs } = worker();
      const request = site.admin.request({ ...sh('exit 0'), ...options });
      await jobs.preflight('plain', [request.plan]);
      const watch = await jobs.watch(() => undefined);
      try {
        await jobs.submit(request);
        expect(await ended(jobs, request.name, 120)).toMatchObject({ phase: 'succeeded' });
        await jobs.cancel(request.name, 1);
        expect(await leftOf(stage(), request)).toEqual([]);
      } finally {
        await watch.stop();
      }
    });
  }
}
