import type { ClusterBackend } from '../../domain/cluster-job.ts';
import { suspendBySwitch } from '../shared/suspend.ts';
import { WATCHED_BY_ALL } from '../shared/watched.ts';
import type { KubernetesJobBackendOptions } from './options.ts';
import { renderKubernetesJob } from './render.ts';
import { kubernetesJobStatus } from './status.ts';

/** The pure half of the backend whose jobs are Jobs of Kubernetes. */
export const kubernetesJobBackend: ClusterBackend<KubernetesJobBackendOptions> = {
  kind: 'kubernetes-job',
  watched: [
    { group: 'batch', version: 'v1', resource: 'jobs', as: 'job', link: 'name', optional: false },
    ...WATCHED_BY_ALL,
  ],
  render: renderKubernetesJob,
  status: kubernetesJobStatus,
  suspend: suspendBySwitch,
};
