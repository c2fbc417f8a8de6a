import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest } from '../../domain/job.ts';
import { jobMetadata } from '../shared/labels.ts';
import { replicasOf } from '../shared/network.ts';
import type { KubernetesJobBackendOptions } from './options.ts';

/** What makes the replicas of a Job start together or not at all: the Job itself has no such thing. */
export interface Gang {
  readonly kind: 'kueue' | 'volcano' | 'coscheduling' | 'none';
  readonly objects: readonly KubeObject[];
  readonly jobLabels: Readonly<Record<string, string>>;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** `null` = the cluster's default. */
  readonly scheduler: string | null;
}

/**
 * The gang of a job: as asked for, else Kueue for a job with a queue, else Volcano's PodGroup where it is installed.
 * @throws TrainyardError `TY_BACKEND_UNSUPPORTED` where the site lacks what is asked for
 */
export function gangOf(request: JobRequest, site: ClusterSite, options: KubernetesJobBackendOptions): Gang {
  const kind = options.gang ?? found(request, site, options);
  assertInstalled(kind, site, options);
  const none: Gang = {
    kind,
    objects: [],
    jobLabels: {},
    podLabels: {},
    podAnnotations: {},
    scheduler: options.scheduler ?? null,
  };
  if (kind === 'none') return none;
  if (kind === 'kueue') return { ...none, jobLabels: kueueLabels(options) };
  if (kind === 'volcano') {
    return {
      ...none,
      objects: [podGroup(request, site, 'scheduling.volcano.sh/v1beta1', volcanoTerms(options))],
      podAnnotations: { 'scheduling.k8s.io/group-name': request.name },
      scheduler: options.scheduler ?? 'volcano',
    };
  }
  return {
    ...none,
    objects: [podGroup(request, site, 'scheduling.x-k8s.io/v1alpha1', {})],
    podLabels: { 'scheduling.x-k8s.io/pod-group': request.name },
  };
}

function found(request: JobRequest, site: ClusterSite, options: KubernetesJobBackendOptions): Gang['kind'] {
  if (options.queue !== undefined && site.dialects.kueue !== null) return 'kueue';
  const groups = site.dialects.podGroups;
  if (replicasOf(request) === 1 && options.queue === undefined) return 'none';
  if (groups === 'volcano') return 'volcano';
  return groups === 'coscheduling' && options.scheduler !== undefined ? 'coscheduling' : 'none';
}

function assertInstalled(kind: Gang['kind'], site: ClusterSite, options: KubernetesJobBackendOptions): void {
  const { dialects } = site;
  const missing =
    (kind === 'kueue' && dialects.kueue === null) ||
    ((kind === 'volcano' || kind === 'coscheduling') && dialects.podGroups !== kind);
  const refuse = (message: string, where: string, fix: string): TrainyardError =>
    new TrainyardError('TY_BACKEND_UNSUPPORTED', message, { where, fix });
  if (missing) throw refuse(`the cluster has no ${kind}`, 'backend.gang', 'leave out backend.gang, or install it');
  if (kind === 'coscheduling' && options.scheduler === undefined) {
    throw refuse('coscheduling is done by a scheduler of its own', 'backend.scheduler', 'name it in backend.scheduler');
  }
  const queued = kind === 'kueue' || kind === 'volcano';
  if (options.queue !== undefined && !queued) {
    throw refuse(`nothing on the cluster knows the queue ${options.queue}`, 'backend.queue', 'leave out backend.queue');
  }
  if (kind === 'kueue' && options.queue === undefined) {
    throw refuse('Kueue needs to know a queue', 'backend.queue', 'name a LocalQueue in backend.queue');
  }
}

function kueueLabels(options: KubernetesJobBackendOptions): Record<string, string> {
  return {
    'kueue.x-k8s.io/queue-name': options.queue ?? '',
    ...(options.workloadPriority === undefined ? {} : { 'kueue.x-k8s.io/priority-class': options.workloadPriority }),
  };
}

function volcanoTerms(options: KubernetesJobBackendOptions): Record<string, string> {
  return {
    ...(options.queue === undefined ? {} : { queue: options.queue }),
    ...(options.priorityClass === undefined ? {} : { priorityClassName: options.priorityClass }),
  };
}

function podGroup(
  request: JobRequest,
  site: ClusterSite,
  apiVersion: string,
  terms: Readonly<Record<string, string>>,
): KubeObject {
  return {
    apiVersion,
    kind: 'PodGroup',
    metadata: jobMetadata(request, site.namespace),
    spec: { minMember: replicasOf(request), ...terms },
  };
}
