import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import type { ClusterJobOptions } from '../../domain/pod-plan.ts';
import { KUBE_LABELS } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';
import { jobMetadata } from '../shared/labels.ts';
import { ALONE } from '../shared/network.ts';
import type { JobNetwork } from '../shared/network.ts';
import { podTemplate, rolePod } from '../shared/pod-template.ts';
import type { PodTemplate } from '../shared/pod-template.ts';
import { jobClaims } from '../shared/pod-volumes.ts';
import { gangOf } from './gang.ts';
import type { Gang } from './gang.ts';
import type { KubernetesJobBackendOptions } from './options.ts';

/** Where Kubernetes writes a pod's index. */
export const INDEX_KEY = 'batch.kubernetes.io/job-completion-index';

const POD_NAME = 63;

/** The longest name an Indexed Job may have: `<name>-<last index>` is a host name. */
export function longestJobName(replicas: number): number {
  return POD_NAME - `-${replicas - 1}`.length;
}

/** An Indexed Job, what makes its pods find each other, and what makes them start together. */
export function renderKubernetesJob(
  request: JobRequest,
  site: ClusterSite,
  options: ClusterJobOptions<KubernetesJobBackendOptions>,
): readonly KubeObject[] {
  const role = onlyRole(request, options);
  const gang = gangOf(request, site, options.backend);
  const several = role.replicas > 1;
  const network = several ? indexedNetwork(request) : ALONE;
  const template = podTemplate({ request, site, options, role, network });
  const metadata = jobMetadata(request, site.namespace);
  const job: KubeObject = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...metadata, labels: { ...metadata.labels, ...gang.jobLabels } },
    spec: {
      completionMode: 'Indexed',
      completions: role.replicas,
      parallelism: role.replicas,
      // Trainyard starts a failed job anew, under another name; a retry in here would hide the first failure.
      backoffLimit: 0,
      // Counted, and not failing the job by itself: that would also take the pods that go when it is suspended.
      podFailurePolicy: { rules: [{ action: 'Count', onExitCodes: { operator: 'NotIn', values: [0] } }] },
      podReplacementPolicy: 'Failed',
      suspend: options.backend.suspend,
      template: finished(request, template, gang, options.backend, several),
    },
  };
  return [
    ...jobClaims(request, site, rolePod(options, role)),
    ...gang.objects,
    ...(several ? [service(request, site)] : []),
    job,
  ];
}

function onlyRole(request: JobRequest, options: ClusterJobOptions<KubernetesJobBackendOptions>): RolePlan {
  const [role, ...others] = request.plan.roles;
  const refuse = (message: string): TrainyardError =>
    new TrainyardError('TY_BACKEND_UNSUPPORTED', message, {
      where: 'roles',
      why: 'all pods of a Job of Kubernetes are alike, and each must succeed',
      fix: 'use backend: volcano',
    });
  if (role === undefined || others.length > 0) throw refuse('kubernetes-job cannot run a job of unlike roles');
  const terms = options.roles[role.name];
  if (terms !== undefined && (terms.maxFailed > 0 || terms.minSucceeded !== null)) {
    throw refuse(`kubernetes-job cannot let replicas of ${role.name} fail`);
  }
  const longest = longestJobName(role.replicas);
  if (request.name.length <= longest) return role;
  throw new TrainyardError('TY_BACKEND_NAME', `${request.name} cannot name a Job of ${role.replicas} replicas`, {
    where: request.name,
    why: `at most ${longest} characters`,
  });
}

/** Each pod is `<job>-<index>` under the Service of the job's name. */
function indexedNetwork(request: JobRequest): JobNetwork {
  const host = (index: number): string => `${request.name}-${index}.${request.name}`;
  return {
    index: { fieldPath: `metadata.annotations['${INDEX_KEY}']` },
    master: host(0),
    hosts: (role) => Array.from({ length: role.replicas }, (_none, index) => host(index)),
    computed: {},
    provided: [],
  };
}

function finished(
  request: JobRequest,
  template: PodTemplate,
  gang: Gang,
  options: KubernetesJobBackendOptions,
  several: boolean,
): PodTemplate {
  const { labels, annotations } = template.metadata;
  return {
    metadata: {
      labels: { ...labels, ...gang.podLabels },
      annotations: { ...annotations, ...gang.podAnnotations },
    },
    spec: {
      ...template.spec,
      ...(several ? { subdomain: request.name } : {}),
      ...(gang.scheduler === null ? {} : { schedulerName: gang.scheduler }),
      ...(options.priorityClass === undefined ? {} : { priorityClassName: options.priorityClass }),
    },
  };
}

/** Gives each pod a host name, before it is ready: the ranks meet while they start. */
function service(request: JobRequest, site: ClusterSite): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: jobMetadata(request, site.namespace),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { [KUBE_LABELS.job]: request.name },
    },
  };
}
