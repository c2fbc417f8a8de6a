import { describe, expect, it } from 'vitest';
import { kubernetesJobBackend } from '../../../../backends/kubernetes-job/backend.ts';
import { kubernetesJobBackendOptions } from '../../../../backends/kubernetes-job/options.ts';
import { volcanoBackend } from '../../../../backends/volcano/backend.ts';
import { volcanoBackendOptions } from '../../../../backends/volcano/options.ts';
import { clusterOptions, clusterRequest, clusterSite, observed, submitted } from '../../../support/cluster-job.ts';

const BACKENDS = [
  {
    backend: kubernetesJobBackend,
    options: clusterOptions(kubernetesJobBackendOptions.parse({ kind: 'kubernetes-job' })),
    kind: 'kubernetes-job',
    job: 'batch/v1/jobs',
  },
  {
    backend: volcanoBackend,
    options: clusterOptions(volcanoBackendOptions.parse({ kind: 'volcano' })),
    kind: 'volcano',
    job: 'batch.volcano.sh/v1alpha1/jobs',
  },
] as const;

describe.each(BACKENDS)('the backend $kind', ({ backend, options, kind, job }) => {
  const request = clusterRequest();

  it('watches its own kind first, and always pods and events', () => {
    const [own] = backend.watched;
    expect(backend.kind).toBe(kind);
    expect([own?.group, own?.version, own?.resource].join('/')).toBe(job);
    expect(own).toMatchObject({ as: 'job', link: 'name', optional: false });
    expect(backend.watched.filter((one) => !one.optional).map((one) => one.as)).toEqual(['job', 'pods', 'events']);
  });

  it('names its job as the run does, and labels every object with it', () => {
    const objects = backend.render(request, clusterSite(), options as never);
    expect(objects.at(-1)?.metadata.name).toBe(request.name);
    for (const object of objects) expect(object.metadata.labels?.['trainyard.dev/job']).toBe(request.name);
  });

  it('renders the same request to the same objects', () => {
    const render = (): unknown => backend.render(request, clusterSite(), options as never);
    expect(render()).toEqual(render());
  });

  it('takes a job that is not there for one that somebody deleted', () => {
    const status = backend.status(submitted(request, options as never), observed());
    expect(status).toMatchObject({ name: request.name, phase: 'failed', cause: { kind: 'lost' } });
  });
});
