import type { ClusterSite } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';
import type { TrainjobBackendOptions } from './options.ts';

/** The port at which Trainer makes torch meet; it cannot be told another. */
const TORCH_PORT = 29_500;

/** Who tells the replicas of each other: Trainer for torch, or Trainyard through their variables. */
export type MlPolicy = 'torch' | 'plain';

/** Who starts all replicas or none. */
export type Gang = 'kueue' | 'volcano' | 'coscheduling' | 'none';

const READ_BY = [
  ['networkTopology', 'volcano'],
  ['workloadPriority', 'kueue'],
] as const;

/** A TrainJob has nodes of one kind. @throws TrainyardError `TY_BACKEND_UNSUPPORTED` */
export function onlyRole(request: JobRequest): RolePlan {
  const [role, ...others] = request.plan.roles;
  if (role !== undefined && others.length === 0) return role;
  throw unsupported('a TrainJob has nodes of one kind only', {
    where: 'roles',
    fix: 'use backend volcano, whose tasks may differ',
  });
}

/** @throws TrainyardError `TY_BACKEND_UNSUPPORTED` for a port that Trainer's torch cannot take */
export function mlPolicy(request: JobRequest, role: RolePlan, options: TrainjobBackendOptions): MlPolicy {
  const port = request.plan.rendezvousPort ?? TORCH_PORT;
  const wanted = role.launcher === 'torchrun' && port === TORCH_PORT ? 'torch' : 'plain';
  const policy = options.policy ?? wanted;
  if (policy === 'plain' || port === TORCH_PORT) return policy;
  throw unsupported(`Trainer makes torch meet at port ${TORCH_PORT}, not ${port}`, {
    where: 'compute.rendezvousPort',
    fix: 'leave out compute.rendezvousPort, or set backend.policy to plain',
  });
}

/**
 * The gang of a job: as asked for, else Kueue for a job with a queue, else that of a scheduler the site has.
 * @throws TrainyardError `TY_BACKEND_UNSUPPORTED` where the site lacks what is asked for
 */
export function gangOf(options: TrainjobBackendOptions, site: ClusterSite, replicas: number): Gang {
  const gang = options.gang ?? found(options, site, replicas);
  assertThere(gang, options, site);
  return gang;
}

function found(options: TrainjobBackendOptions, site: ClusterSite, replicas: number): Gang {
  const { podGroups, kueue } = site.dialects;
  const queued = options.queue !== undefined;
  if (queued && kueue !== null) return 'kueue';
  if (replicas === 1 && !queued) return 'none';
  if (podGroups === 'volcano') return 'volcano';
  return podGroups === 'coscheduling' && options.scheduler !== undefined ? 'coscheduling' : 'none';
}

function assertThere(gang: Gang, options: TrainjobBackendOptions, site: ClusterSite): void {
  const { podGroups, kueue } = site.dialects;
  const { queue, scheduler } = options;
  const there = gang === 'none' || (gang === 'kueue' ? kueue !== null : podGroups === gang);
  if (!there) {
    throw unsupported(`the cluster has no ${gang}`, {
      where: 'backend.gang',
      fix: 'leave out backend.gang; limits.starting then ends a job that starts in part',
    });
  }
  if (gang === 'coscheduling' && scheduler === undefined) {
    throw unsupported('coscheduling is done by a scheduler of its own', {
      where: 'backend.scheduler',
      fix: 'name it in backend.scheduler',
    });
  }
  if (gang === 'kueue' && queue === undefined) {
    throw unsupported('Kueue needs to know a queue', { where: 'backend.queue', fix: 'name a LocalQueue' });
  }
  assertUsed(gang, options);
  if (queue !== undefined && gang !== 'kueue' && gang !== 'volcano') {
    throw unsupported(`nothing on the cluster knows the queue ${queue}`, {
      where: 'backend.queue',
      why: 'queues of TrainJobs are those of Kueue or, with gang: volcano, of Volcano',
      fix: 'leave out backend.queue',
    });
  }
}

/** A field that nobody would read is refused. */
function assertUsed(gang: Gang, options: TrainjobBackendOptions): void {
  for (const [field, reader] of READ_BY) {
    if (options[field] === undefined || gang === reader) continue;
    throw unsupported(`backend.${field} is for jobs that ${reader} starts`, {
      where: `backend.${field}`,
      fix: `leave out backend.${field}`,
    });
  }
}

export function unsupported(
  message: string,
  details: { readonly where: string; readonly why?: string; readonly fix?: string },
): TrainyardError {
  return new TrainyardError('TY_BACKEND_UNSUPPORTED', message, details);
}
