import type { ClusterBackend, WatchedKind } from '../../domain/cluster-job.ts';
import { PODS_AND_EVENTS, VOLCANO_POD_GROUPS } from '../shared/watched.ts';
import type { PaddlejobBackendOptions } from './options.ts';
import { renderPaddleJob } from './render.ts';
import { sampleSetState } from './sample-set.ts';
import { paddleJobStatus } from './status.ts';

const GROUP = 'batch.paddlepaddle.org';
const WATCHED: readonly WatchedKind[] = [
  { group: GROUP, version: 'v1', resource: 'paddlejobs', as: 'job', link: 'name', optional: false },
  ...PODS_AND_EVENTS,
  // Adopted ones carry no label of ours.
  {
    group: GROUP,
    version: 'v1alpha1',
    resource: 'samplesets',
    as: 'extra',
    link: 'reference',
    path: ['spec', 'sampleSetRef', 'name'],
    optional: true,
  },
  VOLCANO_POD_GROUPS,
];

/** The pure half of the PaddleCloud backend; its adapter is given it by the composition root. */
export const paddlejobBackend: ClusterBackend<PaddlejobBackendOptions> = {
  kind: 'paddlejob',
  watched: WATCHED,
  render: renderPaddleJob,
  status: paddleJobStatus,
  prerequisite: (object) =>
    object.kind === 'SampleSet' ? sampleSetState(object.metadata.name, object) : { kind: 'ready', message: '' },
};
