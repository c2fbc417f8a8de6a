import { describe, expect, it } from 'vitest';
import { requireStorage } from '../../../../adapters/kubernetes/storage-check.ts';
import type { ClusterSite } from '../../../../domain/cluster-job.ts';
import type { JobPlan } from '../../../../domain/job.ts';
import type { HandoverPlan } from '../../../../domain/replica-plan.ts';
import { clusterRequest, clusterSite, torchRole } from '../../../support/cluster-job.ts';
import { refusal, ScriptedKube } from '../../../support/scripted-kube.ts';

const CLAIMS = '/api/v1/namespaces/ml/persistentvolumeclaims';
const SECRETS = '/api/v1/namespaces/ml/secrets';
const claim = (...modes: readonly string[]) => ({ spec: { accessModes: modes }, status: { phase: 'Bound' } });
const plan = (replicas: number): JobPlan => clusterRequest({ role: torchRole(replicas) }).plan;
const S3: HandoverPlan = {
  kind: 's3',
  bucket: 'runs',
  prefix: '',
  region: 'r',
  endpoint: null,
  pathStyle: true,
  secret: 'store',
};

function without(handover: HandoverPlan): ClusterSite {
  const git = { allow: [], insecureTls: [], lowSpeed: { bytesPerSecond: 1, seconds: 2 } };
  const replicas = { image: 'x', command: ['trainyard'], credentials: 'forge', git, handover };
  return clusterSite({ workspace: { claim: null, root: '/workspace', subPath: '', replicas } });
}

const check = (site: ClusterSite, answers: Readonly<Record<string, unknown>>, replicas = 2) => {
  const api = new ScriptedKube(answers);
  return { api, done: requireStorage({ api, site, name: 'gpu' }, [plan(replicas)]) };
};

describe('what pods mount of a site', () => {
  it('is a claim that many nodes can mount', async () => {
    const at = `GET ${CLAIMS}/trainyard-workspace`;
    await expect(check(clusterSite(), { [at]: claim('ReadWriteMany') }).done).resolves.toBeUndefined();
    await expect(check(clusterSite(), { [at]: claim('ReadWriteOnce') }).done).rejects.toMatchObject({
      code: 'TY_SITE_CLAIM',
    });
    await expect(check(clusterSite(), {}).done).rejects.toMatchObject({ code: 'TY_SITE_CLAIM' });
  });

  it('is, without a claim, Secrets that are there; nothing of what they hold is asked for', async () => {
    const both = { [`GET ${SECRETS}/forge`]: {}, [`GET ${SECRETS}/store`]: {} };
    const { api, done } = check(without(S3), both);
    await done;
    expect(api.asked.map(({ what }) => what)).toEqual(Object.keys(both));
    for (const { options } of api.asked) expect(options.accept).toContain('as=PartialObjectMetadata');
  });

  it('is refused before anything is spent when a Secret is missing', async () => {
    await expect(check(without(S3), { [`GET ${SECRETS}/forge`]: {} }).done).rejects.toMatchObject({
      code: 'TY_SITE_SECRET',
      message: expect.stringContaining('store') as unknown,
    });
  });

  it('is left to the pods when the worker may not look', async () => {
    const forbidden = refusal(403, 'Forbidden');
    const answers = { [`GET ${SECRETS}/forge`]: forbidden, [`GET ${SECRETS}/store`]: forbidden };
    await expect(check(without(S3), answers).done).resolves.toBeUndefined();
  });

  it.each([
    ['by all nodes', 'ReadWriteMany', 2, true],
    ['by one node, with one replica', 'ReadWriteOnce', 1, true],
    ['by one node, with two replicas', 'ReadWriteOnce', 2, false],
    ['by one pod', 'ReadWriteOncePod', 1, false],
  ])('is a claim to hand over through that can be mounted %s', async (_who, mode, replicas, fits) => {
    const site = without({ kind: 'claim', claim: 'between' });
    const answers = { [`GET ${SECRETS}/forge`]: {}, [`GET ${CLAIMS}/between`]: claim(mode) };
    const { done } = check(site, answers, replicas);
    if (fits) await expect(done).resolves.toBeUndefined();
    else await expect(done).rejects.toMatchObject({ code: 'TY_SITE_CLAIM' });
  });
});
