import type { ClusterBackend, WatchedKind } from '../../domain/cluster-job.ts';
import { suspendBySwitch } from '../shared/suspend.ts';
import { WATCHED_BY_ALL } from '../shared/watched.ts';
import type { TrainjobBackendOptions } from './options.ts';
import { renderTrainJob } from './render.ts';
import { trainJobStatus } from './status.ts';

const WATCHED: readonly WatchedKind[] = [
  {
    group: 'trainer.kubeflow.org',
    version: 'v1alpha1',
    resource: 'trainjobs',
    as: 'job',
    link: 'name',
    optional: false,
  },
  {
    group: 'jobset.x-k8s.io',
    version: 'v1alpha2',
    resource: 'jobsets',
    as: 'extra',
    link: 'name',
    optional: false,
  },
  // The PodGroup is Trainer's, without our labels.
  ...WATCHED_BY_ALL.map((kind) => (kind.as === 'podGroup' ? { ...kind, link: 'owner' as const } : kind)),
];

/** The pure half of the Trainer backend; its adapter is given it by the composition root. */
export const trainjobBackend: ClusterBackend<TrainjobBackendOptions> = {
  kind: 'trainjob',
  watched: WATCHED,
  render: renderTrainJob,
  status: trainJobStatus,
  suspend: suspendBySwitch,
};
