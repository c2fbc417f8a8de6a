import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import type { JobRequest } from '../../domain/job.ts';
import { jobAnnotations, jobLabels, jobMetadata } from '../shared/labels.ts';
import type { PodTemplate } from '../shared/pod-template.ts';
import type { TrainjobBackendOptions } from './options.ts';
import type { Gang, MlPolicy } from './policy.ts';

export const TRAINER_API = 'trainer.kubeflow.org/v1alpha1';

/** Name of the replicated job; Trainer builds the address of the first replica from it. */
export const NODE = 'node';

export interface RuntimeInput {
  readonly request: JobRequest;
  readonly site: ClusterSite;
  readonly options: TrainjobBackendOptions;
  readonly template: PodTemplate;
  readonly nodes: number;
  readonly policy: MlPolicy;
  readonly gang: Gang;
}

/**
 * A runtime of the job's own, for all that a TrainJob cannot say itself: what restarts, what schedules, what goes
 * into the containers. Nothing in it tries again: a retry that Trainyard does not see hides a failure and its logs.
 */
export function ownRuntime(input: RuntimeInput): KubeObject {
  const { request, site, policy, nodes } = input;
  const metadata = jobMetadata(request, site.namespace);
  const framework = policy === 'torch' ? { 'trainer.kubeflow.org/framework': 'torch' } : {};
  return {
    apiVersion: TRAINER_API,
    kind: 'TrainingRuntime',
    metadata: { ...metadata, labels: { ...metadata.labels, ...framework } },
    spec: {
      mlPolicy: { numNodes: nodes, ...(policy === 'torch' ? { torch: {} } : {}) },
      ...podGroupPolicy(input),
      template: {
        metadata: {
          labels: jobLabels(request),
          annotations: { ...jobAnnotations(request), ...queueAnnotation(input) },
        },
        spec: { failurePolicy: { maxRestarts: 0 }, replicatedJobs: [replicatedJob(input)] },
      },
    },
  };
}

/** Volcano reads its queue from the JobSet's annotations. */
function queueAnnotation({ gang, options: { queue } }: RuntimeInput): Readonly<Record<string, string>> {
  return gang === 'volcano' && queue !== undefined ? { 'scheduling.volcano.sh/queue-name': queue } : {};
}

function replicatedJob({ template, options, gang }: RuntimeInput): unknown {
  const schedulerName = options.scheduler ?? (gang === 'volcano' ? 'volcano' : null);
  const spec = {
    ...template.spec,
    ...(schedulerName === null ? {} : { schedulerName }),
    ...(options.priorityClass === undefined ? {} : { priorityClassName: options.priorityClass }),
  };
  const { labels, annotations } = template.metadata;
  return {
    name: NODE,
    replicas: 1,
    template: {
      metadata: { labels: { ...labels, 'trainer.kubeflow.org/trainjob-ancestor-step': 'trainer' }, annotations },
      spec: { completionMode: 'Indexed', backoffLimit: 0, template: { metadata: template.metadata, spec } },
    },
  };
}

function podGroupPolicy({ options, gang }: RuntimeInput): Readonly<Record<string, unknown>> {
  if (gang === 'none' || gang === 'kueue') return {};
  if (gang === 'coscheduling') {
    return { podGroupPolicy: { coscheduling: { scheduleTimeoutSeconds: options.gangTimeoutSeconds } } };
  }
  const { networkTopology: topology } = options;
  const near =
    topology === undefined
      ? {}
      : { networkTopology: { mode: topology.mode, highestTierAllowed: topology.highestTier } };
  return { podGroupPolicy: { volcano: near } };
}
