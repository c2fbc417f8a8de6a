import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import type { ClusterJobOptions } from '../../domain/pod-plan.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';
import { jobMetadata } from '../shared/labels.ts';
import { ALONE } from '../shared/network.ts';
import type { JobNetwork } from '../shared/network.ts';
import { podTemplate, rolePod } from '../shared/pod-template.ts';
import { jobClaims } from '../shared/pod-volumes.ts';
import { checkTrainJobName } from './names.ts';
import type { TrainjobBackendOptions } from './options.ts';
import { onExistingRuntime } from './patches.ts';
import { gangOf, mlPolicy, onlyRole, unsupported } from './policy.ts';
import type { Gang, MlPolicy } from './policy.ts';
import { NODE, ownRuntime, TRAINER_API } from './runtime.ts';

/** Set by Trainer's torch; a TrainJob that sets one of them itself is refused. */
const TORCH_VARIABLES = ['PET_NNODES', 'PET_NPROC_PER_NODE', 'PET_NODE_RANK', 'PET_MASTER_ADDR', 'PET_MASTER_PORT'];

const INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']";

/**
 * A TrainJob and, unless the spec names one, the runtime it needs. Only training runs on a runtime that exists:
 * packaging has steps and an image of its own.
 * @throws TrainyardError `TY_BACKEND_*`
 */
export function renderTrainJob(
  request: JobRequest,
  site: ClusterSite,
  options: ClusterJobOptions<TrainjobBackendOptions>,
): readonly KubeObject[] {
  const role = onlyRole(request);
  const { backend } = options;
  assertTerms(role, options);
  checkTrainJobName(request.name, role.replicas);
  const dialect = site.dialects.trainer;
  if (dialect === null) {
    throw new TrainyardError('TY_BACKEND_MISSING', 'the site has no Kubeflow Trainer that Trainyard speaks', {
      where: 'backend.kind',
      why: 'the CRD trainjobs.trainer.kubeflow.org is missing, or older than Trainer 2.1',
      fix: 'trainyard doctor --backend trainjob',
    });
  }
  const policy = mlPolicy(request, role, backend);
  const network = trainJobNetwork(request, role, policy);
  const template = podTemplate({ request, site, options, role, network, container: NODE });
  const nodes = { numNodes: role.replicas, ...(policy === 'torch' ? { numProcPerNode: role.procsPerReplica } : {}) };
  const claims = jobClaims(request, site, rolePod(options, role));
  if (backend.runtime !== undefined && request.plan.purpose === 'train') {
    assertLeftToRuntime(backend);
    const queued = backend.queue !== undefined || backend.workloadPriority !== undefined;
    const gang = queued ? gangOf({ ...backend, gang: 'kueue' }, site, role.replicas) : 'none';
    const { trainer, patches } = onExistingRuntime(request, template, dialect);
    const runtimeRef = { apiGroup: 'trainer.kubeflow.org', ...backend.runtime };
    const spec = { runtimeRef, trainer: { ...trainer, ...nodes }, ...patches };
    return [...claims, trainJob(request, site, backend, gang, spec)];
  }
  const gang = gangOf(backend, site, role.replicas);
  const runtime = ownRuntime({ request, site, options: backend, template, nodes: role.replicas, policy, gang });
  const runtimeRef = { apiGroup: 'trainer.kubeflow.org', kind: 'TrainingRuntime', name: request.name };
  return [...claims, runtime, trainJob(request, site, backend, gang, { runtimeRef, trainer: nodes })];
}

function trainJob(
  request: JobRequest,
  site: ClusterSite,
  options: TrainjobBackendOptions,
  gang: Gang,
  spec: Readonly<Record<string, unknown>>,
): KubeObject {
  const metadata = jobMetadata(request, site.namespace);
  const labels = { ...metadata.labels, ...(gang === 'kueue' ? kueueLabels(options) : {}) };
  return { apiVersion: TRAINER_API, kind: 'TrainJob', metadata: { ...metadata, labels }, spec };
}

function kueueLabels({ queue = '', workloadPriority }: TrainjobBackendOptions): Readonly<Record<string, string>> {
  return {
    'kueue.x-k8s.io/queue-name': queue,
    ...(workloadPriority === undefined ? {} : { 'kueue.x-k8s.io/priority-class': workloadPriority }),
  };
}

/** JobSet gives the replicas host names under one headless Service, before they are ready. */
function trainJobNetwork(request: JobRequest, role: RolePlan, policy: MlPolicy): JobNetwork {
  const provided = policy === 'torch' ? TORCH_VARIABLES : [];
  if (role.replicas === 1) return { ...ALONE, provided };
  const hostOf = (index: number): string => `${request.name}-${NODE}-0-${index}.${request.name}`;
  return {
    index: { fieldPath: INDEX },
    master: hostOf(0),
    hosts: ({ replicas }) => Array.from({ length: replicas }, (_none, index) => hostOf(index)),
    computed: {},
    provided,
  };
}

/** One failed node fails a JobSet, and it succeeds with all of them. */
function assertTerms(role: RolePlan, options: ClusterJobOptions<unknown>): void {
  const terms = options.roles[role.name];
  if (terms === undefined) return;
  const { minSucceeded, maxFailed } = terms;
  if (maxFailed === 0 && (minSucceeded === null || minSucceeded === role.replicas)) return;
  throw unsupported('a TrainJob needs all its nodes to succeed', {
    where: `roles: minSucceeded and maxFailed of ${role.name}`,
    fix: 'leave them out, or use backend volcano',
  });
}

/** What a TrainJob cannot change in a runtime that exists. */
function assertLeftToRuntime(options: TrainjobBackendOptions): void {
  const fields = (['priorityClass', 'gang', 'networkTopology', 'scheduler'] as const).filter(
    (field) => options[field] !== undefined,
  );
  if (fields.length === 0) return;
  throw unsupported(`an existing runtime decides these itself: ${fields.join(', ')}`, {
    where: fields.map((field) => `backend.${field}`).join(', '),
    fix: 'leave them out, or leave out backend.runtime',
  });
}
