import { describe, expect, it } from 'vitest';
import { trainjobBackend } from '../../../../backends/trainjob/backend.ts';

describe('what is watched for TrainJobs', () => {
  it('is the TrainJob first, then its JobSet, without which no failure is certain', () => {
    expect(trainjobBackend.kind).toBe('trainjob');
    expect(trainjobBackend.watched.slice(0, 2)).toMatchObject([
      { group: 'trainer.kubeflow.org', version: 'v1alpha1', resource: 'trainjobs', as: 'job', link: 'name' },
      { group: 'jobset.x-k8s.io', version: 'v1alpha2', resource: 'jobsets', as: 'extra', link: 'name' },
    ]);
  });

  it('finds PodGroups by their owner, since Trainer gives them none of our labels', () => {
    const groups = trainjobBackend.watched.filter((kind) => kind.as === 'podGroup');
    expect(groups.length).toBeGreaterThan(0);
    for (const group of groups) expect(group).toMatchObject({ link: 'owner', optional: true });
  });
});
