import type { ClusterBackendKind } from '../../../domain/pod-plan.ts';

/** A right Trainyard needs on a cluster, and what for. */
export interface AccessRule {
  /** `''` = core. */
  readonly group: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Only these objects. */
  readonly names?: readonly string[];
  readonly why: string;
  /** Backends that need it; left out, all do. */
  readonly backends?: readonly ClusterBackendKind[];
  /** What is lacking without it; left out, jobs cannot run without. */
  readonly without?: string;
  /** Given only where it is asked for. */
  readonly extra?: 'exec';
}

/** Nothing of a job is ever changed but the switch that suspends it: one that is to go on otherwise is another job. */
const MANAGE_JOBS = ['create', 'get', 'list', 'watch', 'delete'] as const;
/** What is made before its job is patched once, so that it goes with the job. */
const MANAGE_PARTS = ['create', 'get', 'list', 'watch', 'patch', 'delete'] as const;
const SUSPEND = {
  why: 'suspends jobs, and lets them go on',
  without: 'trainyard run suspend is refused',
} as const;
const FOLLOW = ['get', 'list', 'watch'] as const;
const READ = ['get', 'list'] as const;

/** Rights in the namespace of a site. No secrets, nothing that changes pods, nothing outside the namespace. */
export const NAMESPACE_RULES: readonly AccessRule[] = [
  { group: '', resources: ['pods'], verbs: [...FOLLOW, 'delete'], why: 'state of every rank; ends ranks that hang' },
  { group: '', resources: ['pods/log'], verbs: ['get'], why: 'logs of every rank' },
  { group: '', resources: ['events'], verbs: ['list', 'watch'], why: 'why pods do not start' },
  {
    group: '',
    resources: ['services'],
    verbs: ['create', ...READ, 'patch', 'delete'],
    backends: ['kubernetes-job'],
    why: 'the address under which ranks find each other',
  },
  {
    group: '',
    resources: ['services'],
    verbs: ['list'],
    backends: ['volcano', 'trainjob', 'paddlejob'],
    why: 'the look for what is left of a job',
  },
  {
    group: '',
    resources: ['persistentvolumeclaims'],
    verbs: ['create', ...READ, 'delete'],
    why: 'checks the claim of the workspace; claims for scratch space',
  },
  {
    group: '',
    resources: ['namespaces'],
    verbs: ['get'],
    why: 'whether the namespace is there; in a Role this reaches its own namespace alone',
    without: 'doctor cannot tell a namespace that is missing from one without rights',
  },
  {
    group: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['create', 'get', 'update'],
    why: 'one worker of a site watches at a time',
  },
  {
    group: 'batch',
    resources: ['jobs'],
    verbs: MANAGE_JOBS,
    backends: ['kubernetes-job'],
    why: 'starts, follows and ends jobs',
  },
  { group: 'batch', resources: ['jobs'], verbs: ['patch'], backends: ['kubernetes-job'], ...SUSPEND },
  {
    group: 'batch.volcano.sh',
    resources: ['jobs'],
    verbs: MANAGE_JOBS,
    backends: ['volcano'],
    why: 'starts, follows and ends jobs',
  },
  { group: 'bus.volcano.sh', resources: ['commands'], verbs: ['create'], backends: ['volcano'], ...SUSPEND },
  {
    group: 'trainer.kubeflow.org',
    resources: ['trainjobs'],
    verbs: MANAGE_JOBS,
    backends: ['trainjob'],
    why: 'starts, follows and ends jobs',
  },
  { group: 'trainer.kubeflow.org', resources: ['trainjobs'], verbs: ['patch'], backends: ['trainjob'], ...SUSPEND },
  {
    group: 'trainer.kubeflow.org',
    resources: ['trainingruntimes'],
    verbs: ['create', ...READ, 'patch', 'delete'],
    backends: ['trainjob'],
    why: 'the runtime of a job that names none',
  },
  {
    group: 'jobset.x-k8s.io',
    resources: ['jobsets'],
    verbs: [...FOLLOW, 'delete'],
    backends: ['trainjob'],
    why: 'why a TrainJob failed or was restarted; ends what has lost its TrainJob',
  },
  {
    group: 'batch',
    resources: ['jobs'],
    verbs: ['list'],
    backends: ['trainjob'],
    why: 'the look for what is left of a job',
    without: 'pods of a TrainJob may still come and go a moment after it was cancelled',
  },
  {
    group: 'batch.paddlepaddle.org',
    resources: ['paddlejobs'],
    verbs: MANAGE_JOBS,
    backends: ['paddlejob'],
    why: 'starts, follows and ends jobs',
  },
  {
    group: 'batch.paddlepaddle.org',
    resources: ['samplesets'],
    verbs: MANAGE_PARTS,
    backends: ['paddlejob'],
    why: 'datasets kept in the cluster; those of one job go with it',
  },
  {
    group: 'scheduling.volcano.sh',
    resources: ['podgroups'],
    verbs: MANAGE_PARTS,
    backends: ['kubernetes-job'],
    why: 'starts the ranks of a job together or not at all',
    without: 'ranks of plain Jobs may start one by one, and hold each other up',
  },
  {
    group: 'scheduling.x-k8s.io',
    resources: ['podgroups'],
    verbs: MANAGE_PARTS,
    backends: ['kubernetes-job'],
    why: 'the same with the coscheduling plugin',
    without: 'ranks of plain Jobs may start one by one, and hold each other up',
  },
  {
    group: 'scheduling.volcano.sh',
    resources: ['podgroups'],
    verbs: FOLLOW,
    backends: ['volcano', 'trainjob', 'paddlejob'],
    why: 'why a gang waits',
    without: 'a run that waits for its gang does not say why',
  },
  {
    group: 'scheduling.x-k8s.io',
    resources: ['podgroups'],
    verbs: FOLLOW,
    backends: ['trainjob'],
    why: 'why a gang waits',
    without: 'a run that waits for its gang does not say why',
  },
  {
    group: 'kueue.x-k8s.io',
    resources: ['workloads'],
    verbs: FOLLOW,
    backends: ['kubernetes-job', 'trainjob'],
    why: 'why a queue holds a job back',
    without: 'a run that waits in a queue of Kueue does not say why',
  },
  {
    group: 'kueue.x-k8s.io',
    resources: ['localqueues'],
    verbs: ['get'],
    backends: ['kubernetes-job', 'trainjob'],
    why: 'whether a queue is there and active',
    without: 'doctor does not tell whether a queue of Kueue is there',
  },
  {
    group: 'metrics.k8s.io',
    resources: ['pods'],
    verbs: ['list'],
    why: 'CPU and memory of every rank',
    without: 'trainyard run top shows no figures',
  },
  {
    group: '',
    resources: ['pods/exec'],
    // It is opened with a GET, and newer servers ask for both.
    verbs: ['create', 'get'],
    why: 'commands inside a rank',
    without: 'no command can be run inside a rank',
    extra: 'exec',
  },
];

/** Rights in a namespace in which exporters tell what pods use of GPUs. */
export const GPU_RULES: readonly AccessRule[] = [
  {
    group: 'discovery.k8s.io',
    resources: ['endpointslices'],
    verbs: ['list'],
    why: 'which pods of a Service tell of the GPUs of which node',
    without: 'trainyard run top shows nothing of GPUs',
  },
  {
    group: '',
    resources: ['pods/proxy'],
    verbs: ['get'],
    why: 'what they tell, through the API server; it reaches what every pod of this namespace answers to a GET',
    without: 'trainyard run top shows nothing of GPUs',
  },
];

/** Rights on the whole cluster, to read only. Nothing needs them: each says what is lacking without. */
export const CLUSTER_RULES: readonly AccessRule[] = [
  {
    group: 'apiextensions.k8s.io',
    resources: ['customresourcedefinitions'],
    verbs: ['get'],
    names: ['trainjobs.trainer.kubeflow.org'],
    backends: ['trainjob'],
    why: 'which form of Kubeflow Trainer is installed',
    without: 'the form of Kubeflow Trainer is read from the published schema, which is larger',
  },
  {
    group: 'scheduling.volcano.sh',
    resources: ['queues'],
    verbs: ['get'],
    backends: ['volcano'],
    why: 'whether a queue is open',
    without: 'doctor does not tell whether a queue of Volcano is open',
  },
  {
    group: 'trainer.kubeflow.org',
    resources: ['clustertrainingruntimes'],
    verbs: ['get'],
    backends: ['trainjob'],
    why: 'whether the runtime a job names is there',
    without: 'doctor does not tell whether a runtime is there; a run is refused by Trainer if it is not',
  },
];

/** The rules some backends need; those of `extra` only where they are asked for. */
export function rulesFor(
  rules: readonly AccessRule[],
  backends: readonly ClusterBackendKind[],
  extras: readonly 'exec'[] = [],
): readonly AccessRule[] {
  return rules.filter(
    (rule) =>
      (rule.extra === undefined || extras.includes(rule.extra)) &&
      (rule.backends === undefined || rule.backends.some((kind) => backends.includes(kind))),
  );
}
