import { jobEnvironment, roleVariable, threadVariables } from '../../domain/job-environment.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';

/** Where a process stands in its job. */
export interface Place {
  readonly role: RolePlan;
  /** Across the job. */
  readonly rank: number;
  /** Among the processes that meet at the rendezvous. */
  readonly torchRank: number;
  readonly roleRank: number;
  readonly localRank: number;
  readonly replicaInRole: number;
  readonly replica: number;
}

/** All the processes together. */
export interface World {
  readonly roles: readonly RolePlan[];
  /** Processes that meet at the rendezvous. */
  readonly size: number;
  readonly replicas: number;
  readonly port: number;
}

const HOST = '127.0.0.1';

/**
 * A process's own variables. What the user set comes first, so that no variable by which ranks find each other,
 * or Trainyard its processes, can be replaced. `world: null` = a process that meets nobody.
 */
export function rankEnvironment(
  request: JobRequest,
  world: World | null,
  place: Place,
  port: number,
): Readonly<Record<string, string>> {
  const several = world !== null && world.replicas > 1;
  return {
    ...threadVariables(request.plan.resources.cpu, place.role),
    ...place.role.env,
    ...jobEnvironment(request, request.directories),
    ...agentVariables(world, place, port),
    ...(place.role.launcher === 'torchrun' ? rankVariables(request, world, place, port) : {}),
    ...(several ? replicaVariables(world, place) : {}),
  };
}

/**
 * Read by torchrun when the user's own command calls it. Some of its versions fail unless they are told
 * where each rank's output goes, hence the last two.
 */
function agentVariables(world: World | null, place: Place, port: number): Record<string, string> {
  return {
    PET_NNODES: String(world?.replicas ?? 1),
    PET_NPROC_PER_NODE: String(world === null ? 1 : place.role.procsPerReplica),
    PET_NODE_RANK: String(world === null ? 0 : place.replica),
    PET_MASTER_ADDR: HOST,
    PET_MASTER_PORT: String(port),
    PET_REDIRECTS: '1',
    PET_TEE: '1',
  };
}

/** What torchrun would set for each process it starts. */
function rankVariables(request: JobRequest, world: World | null, place: Place, port: number): Record<string, string> {
  const alone = world === null;
  const { role } = place;
  return {
    RANK: alone ? '0' : String(place.torchRank),
    WORLD_SIZE: String(alone ? 1 : world.size),
    LOCAL_RANK: alone ? '0' : String(place.localRank),
    LOCAL_WORLD_SIZE: String(alone ? 1 : role.procsPerReplica),
    GROUP_RANK: alone ? '0' : String(place.replica),
    GROUP_WORLD_SIZE: String(alone ? 1 : world.replicas),
    ROLE_NAME: role.name,
    ROLE_RANK: alone ? '0' : String(place.roleRank),
    ROLE_WORLD_SIZE: String(alone ? 1 : role.replicas * role.procsPerReplica),
    MASTER_ADDR: HOST,
    MASTER_PORT: String(port),
    TORCHELASTIC_RUN_ID: request.name,
    TORCHELASTIC_RESTART_COUNT: '0',
    TORCHELASTIC_MAX_RESTARTS: '0',
    TORCHELASTIC_USE_AGENT_STORE: 'False',
  };
}

/** Only with more than one replica: some trainers change their behaviour as soon as these are set. */
function replicaVariables(world: World, place: Place): Record<string, string> {
  const hosts = (role: RolePlan): string => Array.from({ length: role.replicas }, () => HOST).join(',');
  const perRole = world.roles.map((role) => [`VC_${roleVariable(role.name)}_HOSTS`, hosts(role)]);
  return {
    NNODES: String(world.replicas),
    NODE_RANK: String(place.replica),
    MASTER_ADDR: HOST,
    MASTER_PORT: String(world.port),
    VC_WORKER_HOSTS: hosts(place.role),
    ...Object.fromEntries(perRole),
    VC_TASK_INDEX: String(place.replicaInRole),
    TASK_INDEX: String(place.replicaInRole),
    TASKROLE_NAME: roleVariable(place.role.name),
  };
}
