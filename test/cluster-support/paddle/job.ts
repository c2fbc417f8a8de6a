/** What the stand-in reads of a PaddleJob and its pods. */
export interface PaddleJob {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly cleanPodPolicy?: '' | 'Always' | 'Never' | 'OnFailure' | 'OnCompletion';
    readonly intranet?: '' | 'PodIP' | 'Service' | 'Host';
    readonly withGloo?: number;
    readonly elastic?: number;
    readonly ps?: Replicas;
    readonly worker?: Replicas;
    readonly heter?: Replicas;
    readonly sampleSetRef?: { readonly name?: string; readonly namespace?: string; readonly mountPath: string };
    readonly schedulingPolicy?: {
      readonly minAvailable?: number;
      readonly queue?: string;
      readonly priorityClass?: string;
    };
  };
  readonly status?: PaddleStatus;
}

interface Replicas {
  readonly replicas: number;
  readonly template?: {
    readonly metadata?: {
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec?: PodSpec;
  };
}

interface PodSpec {
  readonly containers?: readonly Container[];
  readonly volumes?: readonly object[];
  readonly restartPolicy?: string;
  readonly schedulerName?: string;
  readonly [field: string]: unknown;
}

interface Container {
  readonly env?: readonly object[];
  readonly envFrom?: readonly object[];
  readonly volumeMounts?: readonly object[];
  readonly [field: string]: unknown;
}

export interface Counts {
  readonly pending: number;
  readonly starting: number;
  readonly running: number;
  readonly failed: number;
  readonly succeeded: number;
}

export interface PaddleStatus {
  readonly phase?: Phase;
  readonly mode?: string;
  readonly ps?: Counts | null;
  readonly worker?: Counts | null;
  readonly heter?: Counts | null;
  readonly startTime?: string;
  readonly completionTime?: string;
}

export type Phase = 'Pending' | 'Starting' | 'Running' | 'Completed' | 'Failed';

export interface PaddlePod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string }[];
  };
  readonly status: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly { readonly ready: boolean }[];
  };
}

export const ROLES = ['ps', 'worker', 'heter'] as const;
export type Role = (typeof ROLES)[number];

const TRAINING_ROLE: Readonly<Record<Role, string>> = { ps: 'PSERVER', worker: 'TRAINER', heter: 'HETER' };
const PORT = 2379;
const PORTS = 20;

export function replicasOf(job: PaddleJob, role: Role): number {
  return job.spec[role]?.replicas ?? 0;
}

export function replicasOfAll(job: PaddleJob): number {
  return ROLES.reduce((sum, role) => sum + replicasOf(job, role), 0);
}

export function podName(job: PaddleJob, role: Role, index: number): string {
  return `${job.metadata.name}-${role}-${index}`;
}

export function modeOf(job: PaddleJob): string {
  if (job.spec.ps !== undefined) return 'PS';
  return replicasOf(job, 'worker') > 1 ? 'Collective' : 'Single';
}

export function ownerOf(job: PaddleJob) {
  const { name, uid } = job.metadata;
  const flags = { controller: true, blockOwnerDeletion: true };
  return [{ apiVersion: 'batch.paddlepaddle.org/v1', kind: 'PaddleJob', name, uid, ...flags }];
}

/** One pod as the operator makes it: everything it adds goes to the first container. */
export function podObject(job: PaddleJob, role: Role, index: number, gang: boolean): object {
  const { template } = job.spec[role] ?? {};
  const name = podName(job, role, index);
  const labels = { ...template?.metadata?.labels, 'paddle-res-name': name, 'paddle-res-type': role };
  const group = gang ? { 'scheduling.k8s.io/group-name': job.metadata.name } : {};
  const annotations = { ...template?.metadata?.annotations, ...group };
  const [first = {}, ...others] = template?.spec?.containers ?? [];
  const set = job.spec.sampleSetRef;
  const claim = set === undefined ? [] : [{ name: 'sample-set', persistentVolumeClaim: { claimName: set.name } }];
  const mount = set === undefined ? [] : [{ name: 'sample-set', mountPath: set.mountPath }];
  const main: Container = {
    ...first,
    env: [...(first.env ?? []), ...environment(role, index)],
    // Not there until every pod has an address, which is what holds a container back.
    envFrom: [...(first.envFrom ?? []), { configMapRef: { name: job.metadata.name } }],
    volumeMounts: [...(first.volumeMounts ?? []), ...mount],
  };
  const spec = {
    ...template?.spec,
    hostname: name,
    restartPolicy: restartPolicy(job, role),
    ...(gang ? { schedulerName: 'volcano' } : {}),
    volumes: [...(template?.spec?.volumes ?? []), ...claim],
    containers: [main, ...others],
  };
  const metadata = { name, namespace: job.metadata.namespace, labels, annotations, ownerReferences: ownerOf(job) };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
}

function environment(role: Role, index: number): readonly object[] {
  return [
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'PADDLE_TRAINER_ID', value: String(index) },
    { name: 'TRAINING_ROLE', value: TRAINING_ROLE[role] },
    { name: 'PADDLE_TRAINING_ROLE', value: TRAINING_ROLE[role] },
  ];
}

function restartPolicy(job: PaddleJob, role: Role): string {
  if (job.spec.elastic !== undefined) return 'OnFailure';
  const given = job.spec[role]?.template?.spec?.restartPolicy;
  if (given !== undefined) return given;
  return role === 'worker' && job.spec.intranet === 'Service' ? 'OnFailure' : 'Never';
}

/** The ConfigMap of the job's name, once each pod can be reached; null before. */
export function environmentMap(job: PaddleJob, pods: readonly PaddlePod[]): Readonly<Record<string, string>> | null {
  const hosts = (role: Role) =>
    Array.from({ length: replicasOf(job, role) }, (_, index) => {
      const name = podName(job, role, index);
      if (job.spec.intranet === 'Service') return name;
      const ip = pods.find(({ metadata }) => metadata.name === name)?.status.podIP ?? '';
      // Addresses of four numbers are waited for, for ever if need be.
      return ip.split('.').length === 4 ? ip : null;
    });
  const all = ROLES.flatMap(hosts);
  if (all.includes(null)) return null;
  const endpoints = (role: Role) => hosts(role).map((host) => `${host}:${PORT}`);
  return {
    PADDLE_PORT: String(PORT),
    TRAINER_PORTS_NUM: String(PORTS),
    PADDLE_TRAINER_ENDPOINTS: endpoints('worker').join(','),
    PADDLE_TRAINERS: hosts('worker').join(','),
    PADDLE_TRAINERS_NUM: String(replicasOf(job, 'worker')),
    ...(job.spec.ps === undefined ? {} : { PADDLE_PSERVERS_IP_PORT_LIST: endpoints('ps').join(',') }),
    ...(job.spec.heter === undefined ? {} : { PADDLE_HETER_ENDPOINTS: endpoints('heter').join(',') }),
    ...(job.spec.withGloo === undefined ? {} : { PADDLE_WITH_GLOO: String(job.spec.withGloo) }),
  };
}

export function countPods(pods: readonly PaddlePod[]): Counts {
  const count = (holds: (pod: PaddlePod) => boolean) => pods.filter(holds).length;
  const isReady = ({ status }: PaddlePod) => status.containerStatuses?.every(({ ready }) => ready) ?? false;
  const inPhase = (phase: string) => count(({ status }) => (status.phase ?? 'Pending') === phase);
  const running = count((pod) => pod.status.phase === 'Running' && isReady(pod));
  return {
    pending: inPhase('Pending'),
    starting: inPhase('Running') - running,
    running,
    failed: inPhase('Failed'),
    succeeded: inPhase('Succeeded'),
  };
}

/** The next phase, out of the counts as they were: it comes one look late. */
export function nextPhase(job: PaddleJob): Phase {
  const { status = {} } = job;
  const before = status.phase ?? 'Pending';
  if (before === 'Completed' || before === 'Failed') return before;
  const counts = ROLES.flatMap((role) => status[role] ?? []);
  const sum = (field: keyof Counts) => counts.reduce((total, one) => total + one[field], 0);
  const total = replicasOfAll(job);
  if (sum('failed') > 0) return 'Failed';
  if (sum('starting') > 0) return 'Starting';
  if (sum('pending') > 0) return 'Pending';
  if (sum('running') === total) return 'Running';
  if (sum('succeeded') === total) return 'Completed';
  return before;
}

/** Whether the pods of a finished job are removed; without a policy they are when it went well. */
export function cleansUp(job: PaddleJob, phase: Phase): boolean {
  const policy = job.spec.cleanPodPolicy ?? '';
  if (phase === 'Completed') return policy === '' || policy === 'Always' || policy === 'OnCompletion';
  return phase === 'Failed' && (policy === 'Always' || policy === 'OnFailure');
}
