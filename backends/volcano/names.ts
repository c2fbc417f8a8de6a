import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest } from '../../domain/job.ts';

const POD_NAME = 63;

/** Name of the Service that Volcano makes for the job. */
const SERVICE_NAME = 59;

/** Volcano names the pod's volume after the job: `<job>-<12 characters>`. */
const WITH_VOLUMES = 50;

/** The longest name a Volcano Job may have: pods are `<job>-<task>-<index>`, and admission checks something else. */
export function longestVolcanoName(
  tasks: readonly { readonly name: string; readonly replicas: number }[],
  volumes: boolean,
): number {
  const tails = tasks.map(({ name, replicas }) => `-${name}-${Math.max(0, replicas - 1)}`.length);
  return Math.min(POD_NAME - Math.max(...tails), SERVICE_NAME, volumes ? WITH_VOLUMES : SERVICE_NAME);
}

/** Throws `TY_BACKEND_NAME` for a name that Volcano would accept and then make no pods for. */
export function checkVolcanoNames(request: JobRequest, volumes: boolean): void {
  const longest = longestVolcanoName(request.plan.roles, volumes);
  if (request.name.length <= longest) return;
  const roles = request.plan.roles.map((role) => `${role.name} × ${role.replicas}`).join(', ');
  throw new TrainyardError('TY_BACKEND_NAME', `${request.name} is too long for a Volcano Job of ${roles}`, {
    where: request.name,
    why: `at most ${longest} characters with these roles`,
    fix: 'shorten the name of the role, or of the run',
  });
}
