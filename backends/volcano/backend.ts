import type { ClusterBackend } from '../../domain/cluster-job.ts';
import { PODS_AND_EVENTS, VOLCANO_POD_GROUPS } from '../shared/watched.ts';
import type { VolcanoBackendOptions } from './options.ts';
import { renderVolcanoJob } from './render.ts';
import { volcanoJobStatus } from './status.ts';
import { suspendByCommand } from './suspend.ts';

/** The pure half of the backend whose jobs are Jobs of Volcano. */
export const volcanoBackend: ClusterBackend<VolcanoBackendOptions> = {
  kind: 'volcano',
  watched: [
    { group: 'batch.volcano.sh', version: 'v1alpha1', resource: 'jobs', as: 'job', link: 'name', optional: false },
    ...PODS_AND_EVENTS,
    VOLCANO_POD_GROUPS,
  ],
  render: renderVolcanoJob,
  status: volcanoJobStatus,
  suspend: suspendByCommand,
};
