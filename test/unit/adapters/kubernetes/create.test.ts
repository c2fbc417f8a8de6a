import { describe, expect, it } from 'vitest';
import { createObjects } from '../../../../adapters/kubernetes/create.ts';
import { paddlejobBackend } from '../../../../backends/paddlejob/backend.ts';
import { paddlejobBackendOptions } from '../../../../backends/paddlejob/options.ts';
import type { ClusterBackend, KubeObject } from '../../../../domain/cluster-job.ts';
import { clusterOptions, clusterRequest, clusterSite } from '../../../support/cluster-job.ts';
import { refusal, ScriptedKube } from '../../../support/scripted-kube.ts';

const SETS = '/apis/batch.paddlepaddle.org/v1alpha1/namespaces/ml/samplesets';
const JOBS = '/apis/batch.paddlepaddle.org/v1/namespaces/ml/paddlejobs';
const READY = { status: { phase: 'Ready' } };

/** What a cluster does about a sample set `coco` that is asked for and there already. */
async function onSet(there: KubeObject['metadata'], { keep = false, attempt = 2 } = {}) {
  const request = clusterRequest({ attempt });
  const sampleSet = { keep, create: { uri: 's3://bucket/coco', store: 'juicefs' } };
  const backend = paddlejobBackendOptions.parse({ kind: 'paddlejob', sampleSet });
  const options = clusterOptions(backend, { dataset: { kind: 'mounted', name: 'coco' } });
  const site = clusterSite();
  const objects = paddlejobBackend.render(request, site, options);
  const set = { apiVersion: 'batch.paddlepaddle.org/v1alpha1', kind: 'SampleSet', metadata: there, ...READY };
  const patched = ({ body }: { readonly body: { readonly metadata: object } }) => ({
    ...set,
    metadata: { ...there, ...body.metadata, uid: 'set-1' },
  });
  const api = new ScriptedKube({
    [`POST ${SETS}`]: refusal(409, 'AlreadyExists'),
    [`GET ${SETS}/coco`]: set,
    [`PATCH ${SETS}/coco`]: patched,
    [`POST ${JOBS}`]: { ...objects.at(-1), metadata: { ...objects.at(-1)?.metadata, uid: 'job-2' } },
  });
  const made = createObjects({ api, site, backend: paddlejobBackend as ClusterBackend, request, objects });
  return {
    made,
    patches: () => api.asked.filter(({ what }) => what.startsWith('PATCH')).map(({ options: o }) => o.body),
  };
}

describe('what a job needs and is there already', () => {
  it.each([
    ['somebody made by hand', { name: 'coco' }],
    ['an earlier run made to be kept', keptOf('run-other-1')],
    ['this run made to be kept', keptOf('run-digits-1')],
  ])('is used as it is, and outlives the job, when %s', async (_who, there) => {
    for (const keep of [true, false]) {
      const { made, patches } = await onSet(there, { keep });
      expect(await made).toEqual({ uid: 'job-2', adopted: false });
      expect(patches()).toEqual([]);
    }
  });

  it('goes with the job that made it', async () => {
    const { made, patches } = await onSet(ownOf('run-digits-1', 2));
    expect(await made).toMatchObject({ uid: 'job-2' });
    expect(patches()).toEqual([{ metadata: { ownerReferences: [expect.objectContaining({ uid: 'job-2' })] } }]);
  });

  it('is taken over from an attempt that failed, so that it does not go with what is kept of that one', async () => {
    const there = { ...ownOf('run-digits-1', 1), ownerReferences: [{ kind: 'PaddleJob', name: 'one', uid: 'job-1' }] };
    const { made, patches } = await onSet(there);
    expect(await made).toMatchObject({ uid: 'job-2' });
    expect(patches()).toEqual([
      { metadata: { labels: expect.objectContaining({ 'trainyard.dev/attempt': '2' }), ownerReferences: null } },
      { metadata: { ownerReferences: [expect.objectContaining({ uid: 'job-2' })] } },
    ]);
  });

  it('is refused when it goes with a job of another run', async () => {
    const { made } = await onSet(ownOf('run-other-1', 1));
    await expect(made).rejects.toMatchObject({
      code: 'TY_JOB_NAME_TAKEN',
      details: { why: 'SampleSet coco is of run run-other-1' },
    });
  });

  it('is waited for while it is being deleted', async () => {
    const { made } = await onSet({ ...ownOf('run-digits-1', 1), deletionTimestamp: '2026-01-01T12:00:00Z' });
    await expect(made).rejects.toMatchObject({
      code: 'TY_CLUSTER_UNAVAILABLE',
      details: { why: 'SampleSet coco is being deleted' },
    });
  });
});

function ownOf(runId: string, attempt: number): KubeObject['metadata'] {
  const labels = { 'trainyard.dev/job': `digits-abcdefgh-t${attempt}`, 'trainyard.dev/attempt': String(attempt) };
  return { name: 'coco', uid: 'set-1', labels, annotations: { 'trainyard.dev/run-id': runId } };
}

function keptOf(runId: string): KubeObject['metadata'] {
  const own = ownOf(runId, 1);
  return { ...own, labels: { ...own.labels, 'trainyard.dev/keep': 'true' } };
}
