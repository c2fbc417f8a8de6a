import { jobEnvironment, roleVariable, threadVariables } from '../../domain/job-environment.ts';
import type { JobDirectories, JobRequest, RolePlan } from '../../domain/job.ts';
import type { PodPlan } from '../../domain/pod-plan.ts';
import { hostsVariable, offsetOf, rendezvousPort, replicasOf } from './network.ts';
import type { JobNetwork } from './network.ts';
import { escapeDollar, POD_PATHS } from './pod-command.ts';

/** One variable of a container. */
export type EnvVar =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly valueFrom: Readonly<Record<string, unknown>> };

interface EnvironmentInput {
  readonly request: JobRequest;
  readonly pod: PodPlan;
  readonly role: RolePlan;
  readonly network: JobNetwork;
  /** As the pod sees them. */
  readonly directories: JobDirectories;
}

type Source = { readonly value: string } | { readonly valueFrom: Readonly<Record<string, unknown>> };
type Sources = Readonly<Record<string, Source>>;

/**
 * A container's variables, each once. What the user set comes first, so that no variable by which ranks find each
 * other, or Trainyard its files, can be replaced; what the framework sets is left to it.
 */
export function podEnvironment(input: EnvironmentInput): readonly EnvVar[] {
  const { request, role, network, pod } = input;
  const all: Sources = {
    ...texts({
      ...threadVariables(pod.cpu ?? request.plan.resources.cpu, role),
      HOME: POD_PATHS.scratch,
      USER: 'trainyard',
      ...role.env,
    }),
    ...secrets(pod),
    ...texts(jobEnvironment(request, input.directories)),
    ...agentVariables(input),
    ...(replicasOf(request) > 1 ? replicaVariables(input) : {}),
  };
  return Object.entries(all)
    .filter(([name]) => !network.provided.includes(name) && !Object.hasOwn(network.computed, name))
    .map(([name, source]) => ({ name, ...source }));
}

function texts(values: Readonly<Record<string, string>>): Sources {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value: escapeDollar(value) }]));
}

function secrets(pod: PodPlan): Sources {
  const entries = Object.entries(pod.secretEnv);
  return Object.fromEntries(
    entries.map(([name, { secret, key }]) => [name, { valueFrom: { secretKeyRef: { name: secret, key } } }]),
  );
}

/** Read by torchrun, Trainyard's or the user's own. Some of its versions fail without the last two. */
function agentVariables(input: EnvironmentInput): Sources {
  const { request, role, network } = input;
  return {
    ...texts({
      PET_NNODES: String(replicasOf(request)),
      PET_NPROC_PER_NODE: String(role.procsPerReplica),
      ...(network.master === null ? {} : { PET_MASTER_ADDR: network.master }),
      PET_MASTER_PORT: String(rendezvousPort(request)),
      PET_REDIRECTS: '1',
      PET_TEE: '1',
      ...network.agent,
    }),
    ...named('PET_NODE_RANK', nodeRank(input)),
  };
}

/** Only with more than one replica: some trainers change their behaviour as soon as these are set. */
function replicaVariables(input: EnvironmentInput): Sources {
  const { request, role, network } = input;
  const index = indexSource(input);
  const lists = request.plan.roles.map((one) => [hostsVariable(one), network.hosts(one)?.join(',')] as const);
  const own = network.hosts(role)?.join(',');
  const hosts = [['VC_WORKER_HOSTS', own] as const, ...lists].filter((pair): pair is [string, string] => !!pair[1]);
  return {
    ...texts({
      NNODES: String(replicasOf(request)),
      ...(network.master === null ? {} : { MASTER_ADDR: network.master }),
      MASTER_PORT: String(rendezvousPort(request)),
      ...Object.fromEntries(hosts),
      TASKROLE_NAME: roleVariable(role.name),
    }),
    ...named('NODE_RANK', nodeRank(input)),
    ...named('VC_TASK_INDEX', index),
    ...named('TASK_INDEX', index),
  };
}

function named(name: string, source: Source | null): Sources {
  return source === null ? {} : { [name]: source };
}

function indexSource({ role, network }: EnvironmentInput): Source | null {
  if (role.replicas === 1) return { value: '0' };
  const { index } = network;
  if (index === null) return null;
  return 'value' in index ? index : { valueFrom: { fieldRef: { fieldPath: index.fieldPath } } };
}

/** The replica's index across the job. Behind other roles it is a sum, which only a shell can work out. */
function nodeRank(input: EnvironmentInput): Source | null {
  const offset = offsetOf(input.request, input.role);
  if (input.role.replicas === 1) return { value: String(offset) };
  return offset === 0 ? indexSource(input) : null;
}
