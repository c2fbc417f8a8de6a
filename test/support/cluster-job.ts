import type { ClusterSite, KubeObject, ObservedJob, SubmittedClusterJob } from '../../domain/cluster-job.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';
import type { ClusterJobOptions, PodPlan, RoleTerms } from '../../domain/pod-plan.ts';
import { jobRequest, trainStep } from './job-request.ts';
import type { JobRequestOptions } from './job-request.ts';

/** A moment of the test's day, `seconds` after noon. */
export function noon(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1, 12, 0, 0) + seconds * 1000).toISOString().replace('.000', '');
}

export function clusterSite(over: Partial<ClusterSite> = {}): ClusterSite {
  return {
    namespace: 'ml',
    workspace: { claim: 'trainyard-workspace', root: '/workspace', subPath: '' },
    runAs: { user: 1000, group: 1000 },
    profiles: {},
    serviceAccounts: [],
    hostPathAllowed: false,
    dialects: { trainer: 'runtimePatches', kueue: null, podGroups: null },
    ...over,
  };
}

export function podPlan(over: Partial<PodPlan> = {}): PodPlan {
  return {
    image: 'registry.example/train:1',
    imagePullPolicy: null,
    imagePullSecrets: [],
    serviceAccount: null,
    cpu: null,
    memoryBytes: null,
    cpuRequest: null,
    memoryRequestBytes: null,
    accelerators: [],
    sharedMemoryBytes: 2 * 2 ** 30,
    scratch: { kind: 'node', bytes: null },
    volumes: [],
    secretEnv: {},
    code: { kind: 'workspace' },
    dataset: { kind: 'workspace' },
    datasetPath: null,
    nodeSelector: {},
    tolerations: [],
    affinity: null,
    ...over,
  };
}

export function clusterOptions<Options>(
  backend: Options,
  pod: Partial<PodPlan> = {},
  roles: Readonly<Record<string, Partial<RoleTerms>>> = {},
): ClusterJobOptions<Options> {
  const terms = Object.entries(roles).map(([name, over]) => [
    name,
    { main: false, minSucceeded: null, maxFailed: 0, pod: {}, ...over },
  ]);
  return { pod: podPlan(pod), roles: Object.fromEntries(terms) as Record<string, RoleTerms>, backend };
}

/** A job whose files lie in the workspace of `clusterSite`; the code lies in the model repo. */
export function clusterRequest(over: Partial<JobRequestOptions> = {}): JobRequest {
  const request = jobRequest({ root: '/workspace', argv: ['python3', 'train.py'], ...over });
  return { ...request, directories: { ...request.directories, model: request.directories.code } };
}

/** A role of `replicas`, each started by torchrun. */
export function torchRole(replicas: number, over: Partial<RolePlan> = {}): RolePlan {
  const steps = [trainStep(['python3', 'train.py', '--epochs=3'])];
  return { name: 'worker', replicas, procsPerReplica: 1, launcher: 'torchrun', steps, env: {}, ...over };
}

export function submitted<Options>(
  request: JobRequest,
  options: ClusterJobOptions<Options>,
): SubmittedClusterJob<Options> {
  return { submittedAt: noon(0), request, options };
}

export function observed(over: Partial<ObservedJob> = {}): ObservedJob {
  return {
    now: noon(60),
    job: null,
    pods: [],
    events: [],
    podGroup: null,
    workload: null,
    extra: [],
    lastLines: {},
    endedBy: null,
    ...over,
  };
}

export interface PodOver {
  readonly role?: string;
  readonly index?: number;
  /** Annotation in which the framework writes the index. */
  readonly indexKey?: string;
  readonly container?: string;
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly node?: string | null;
  readonly deletedAt?: string;
  readonly createdAt?: string;
  readonly conditions?: readonly Readonly<Record<string, string>>[];
  /** State of the main container. */
  readonly state?: Readonly<Record<string, unknown>>;
  readonly init?: readonly Readonly<Record<string, unknown>>[];
  /** In place of the one that `container` and `state` make. */
  readonly containers?: readonly Readonly<Record<string, unknown>>[];
}

/** A live pod of a job as the API server would give it. */
export function livePod(over: PodOver = {}): KubeObject {
  const { role = 'worker', index = 0, container = 'train', phase = 'Running', node = 'node-1' } = over;
  const key = over.indexKey ?? 'batch.kubernetes.io/job-completion-index';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `job-${role}-${index}`,
      labels: { 'trainyard.dev/role': role },
      annotations: { [key]: String(index) },
      creationTimestamp: over.createdAt ?? noon(1),
      ...(over.deletedAt === undefined ? {} : { deletionTimestamp: over.deletedAt }),
    },
    spec: node === null ? {} : { nodeName: node },
    status: {
      phase,
      ...(over.reason === undefined ? {} : { reason: over.reason }),
      ...(over.message === undefined ? {} : { message: over.message }),
      conditions: over.conditions ?? [
        { type: 'PodScheduled', status: node === null ? 'False' : 'True', lastTransitionTime: noon(2) },
      ],
      ...(over.init === undefined ? {} : { initContainerStatuses: over.init }),
      containerStatuses: over.containers ?? [
        { name: container, state: over.state ?? { running: { startedAt: noon(5) } } },
      ],
    },
  };
}

/** The state of a container that has ended `seconds` after noon. */
export function terminated(exitCode: number, seconds: number, reason = 'Error', message?: string) {
  return {
    terminated: {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : reason,
      startedAt: noon(5),
      finishedAt: noon(seconds),
      ...(message === undefined ? {} : { message }),
    },
  };
}

export function liveEvent(about: KubeObject, reason: string, message: string, seconds: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${about.metadata.name}.${seconds}` },
    involvedObject: { kind: about.kind, name: about.metadata.name },
    reason,
    message,
    firstTimestamp: noon(seconds),
    lastTimestamp: noon(seconds),
  };
}
