import type { FailureCause, JobRequest, JobStatus } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Cluster } from './cluster.ts';
import type { FollowedSite } from './followed-site.ts';
import type { KubeRequestOptions } from './kube-site.ts';

/** Where the jobs of each backend lie. */
export const JOB_PATHS: Readonly<Record<ClusterBackendKind, { readonly group: string; readonly resource: string }>> = {
  'kubernetes-job': { group: 'batch/v1', resource: 'jobs' },
  volcano: { group: 'batch.volcano.sh/v1alpha1', resource: 'jobs' },
  trainjob: { group: 'trainer.kubeflow.org/v1alpha1', resource: 'trainjobs' },
  paddlejob: { group: 'batch.paddlepaddle.org/v1', resource: 'paddlejobs' },
};

export function jobPath(kind: ClusterBackendKind, { namespace }: { readonly namespace: string }, name = ''): string {
  const { group, resource } = JOB_PATHS[kind];
  return `/apis/${group}/namespaces/${namespace}/${resource}${name === '' ? '' : `/${name}`}`;
}

/** What keeps jobs simple on a cluster that has everything: Volcano would start the ranks of plain Jobs together. */
export const SIMPLE: Readonly<Record<ClusterBackendKind, Readonly<Record<string, unknown>>>> = {
  'kubernetes-job': { gang: 'none' },
  volcano: {},
  trainjob: {},
  paddlejob: {},
};

/** The title of a failure, and how it is made and looked at. */
export type FailureCase = readonly [title: string, run: (on: FailureStage) => Promise<void>];

/** Where a failure takes place. */
export interface FailureStage {
  readonly kind: ClusterBackendKind;
  readonly cluster: Cluster;
  readonly site: FollowedSite;
  request(options?: KubeRequestOptions): JobRequest;
  /** The job fails, with such a cause and such words. */
  fails(job: JobRequest, cause: Partial<FailureCause>, message: RegExp): Promise<JobStatus>;
  /** The job has not ended, and says what it waits for; so is whoever waits for it told. */
  waits(job: JobRequest, phase: JobStatus['phase'], reason: RegExp): Promise<void>;
}

export const shell = (script: string): readonly string[] => ['sh', '-c', script];
