import { fillIn } from '../../domain/fill-in.ts';
import type { JobDirectories, JobRequest, ProcessStep, RolePlan } from '../../domain/job.ts';
import type {
  ProcessJobSpec,
  ProcessLaunch,
  ProcessRank,
  ProcessRole,
  ProcessRoleStep,
} from '../../domain/process-job.ts';
import { rankEnvironment } from './environment.ts';
import type { Place, World } from './environment.ts';

/**
 * Turns a request into what the supervisor starts: for `torchrun` one process per rank, for `plain` one per replica.
 * Only the `train` step runs on every rank; what comes after it works on one result, so the role's first rank alone
 * does it, as a world of one.
 */
export function renderLocalJob(request: JobRequest, rendezvousPort: number): ProcessJobSpec {
  const { plan, directories } = request;
  const places = layOut(plan.roles);
  const world: World = {
    roles: plan.roles,
    size: places.filter((place) => place.role.launcher === 'torchrun').length,
    replicas: plan.roles.reduce((sum, role) => sum + role.replicas, 0),
    port: rendezvousPort,
  };
  const steps = plan.roles.flatMap((role) => role.steps);
  return {
    name: request.name,
    graceSeconds: plan.graceSeconds,
    startingSeconds: plan.deadlines.startingSeconds,
    silentSeconds: plan.deadlines.silentSeconds,
    memoryBytes: plan.resources.memoryBytes,
    openFiles: plan.resources.openFiles,
    rendezvousPort,
    directories: neededDirectories(directories, steps),
    roles: plan.roles.map((role) =>
      renderRole(
        request,
        world,
        places.filter((place) => place.role === role),
        role,
      ),
    ),
  };
}

/** Every process of the job in rank order. */
function layOut(roles: readonly RolePlan[]): readonly Place[] {
  const places: Place[] = [];
  let firstReplica = 0;
  let torchRank = 0;
  for (const role of roles) {
    const procs = role.launcher === 'torchrun' ? role.procsPerReplica : 1;
    for (let index = 0; index < role.replicas * procs; index += 1) {
      const replicaInRole = Math.floor(index / procs);
      places.push({
        role,
        rank: places.length,
        torchRank: role.launcher === 'torchrun' ? torchRank++ : 0,
        roleRank: index,
        localRank: index % procs,
        replicaInRole,
        replica: firstReplica + replicaInRole,
      });
    }
    firstReplica += role.replicas;
  }
  return places;
}

function renderRole(request: JobRequest, world: World, places: readonly Place[], role: RolePlan): ProcessRole {
  return {
    name: role.name,
    ranks: places.map((place) => renderRank(request, world, place)),
    steps: role.steps.map((step) => renderStep(request, world, places, step)),
  };
}

function renderRank(request: JobRequest, world: World, place: Place): ProcessRank {
  return {
    rank: place.rank,
    replica: place.replica,
    log: `${request.directories.logs}/${place.role.name}-${place.rank}.log`,
    joins: place.role.launcher === 'torchrun' && world.size > 1 ? 'rendezvous' : 'spawn',
  };
}

function renderStep(request: JobRequest, world: World, places: readonly Place[], step: ProcessStep): ProcessRoleStep {
  const everyRank = step.name === 'train';
  const launches = (everyRank ? places : places.slice(0, 1)).map((place): ProcessLaunch => ({
    rank: place.rank,
    argv: step.argv.map((argument) => fillIn(argument, request.directories)),
    cwd: step.cwd === 'code' ? request.directories.code : request.directories.model,
    env: rankEnvironment(request, everyRank ? world : null, place, world.port),
  }));
  return { name: step.name, launches };
}

function neededDirectories(directories: JobDirectories, steps: readonly ProcessStep[]): readonly string[] {
  const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));
  const packages = steps.some((step) => step.name === 'package') ? [parentOf(directories.modelFile)] : [];
  return [directories.logs, directories.output, directories.package, parentOf(directories.metricsFile), ...packages];
}
