import { describe, expect, it } from 'vitest';
import { paddlejobBackend } from '../../../../backends/paddlejob/backend.ts';
import { at } from '../../../../domain/json.ts';
import { paddlejobBackendOptions } from '../../../../backends/paddlejob/options.ts';
import { clusterOptions, clusterRequest, clusterSite } from '../../../support/cluster-job.ts';

describe('what is watched for PaddleJobs', () => {
  it('is the PaddleJob first', () => {
    expect(paddlejobBackend.kind).toBe('paddlejob');
    expect(paddlejobBackend.watched[0]).toMatchObject({
      group: 'batch.paddlepaddle.org',
      version: 'v1',
      resource: 'paddlejobs',
      as: 'job',
      link: 'name',
    });
  });

  it('finds a sample set by the name that stands in the job', () => {
    const watched = paddlejobBackend.watched.find((kind) => kind.resource === 'samplesets');
    const options = clusterOptions(paddlejobBackendOptions.parse({ kind: 'paddlejob' }), {
      dataset: { kind: 'mounted', name: 'coco' },
    });
    const job = paddlejobBackend.render(clusterRequest(), clusterSite(), options).at(-1);
    expect(watched).toMatchObject({ as: 'extra', link: 'reference', optional: true });
    expect(at(job, ...(watched?.path ?? []))).toBe('coco');
  });
});
