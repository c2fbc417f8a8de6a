import { TrainyardError } from '../../domain/errors.ts';
import type { RolePlan } from '../../domain/job.ts';

/** The three roles a PaddleJob knows: parameter servers, workers, and workers of other hardware. */
export type PaddleRole = 'ps' | 'worker' | 'heter';

const ROLES: readonly PaddleRole[] = ['ps', 'worker', 'heter'];

/** Which part of a PaddleJob each role becomes. The only role of a job is its worker, whatever its name. */
export function paddleRoles(roles: readonly RolePlan[]): ReadonlyMap<PaddleRole, RolePlan> {
  const [only] = roles;
  if (only !== undefined && roles.length === 1) return new Map([['worker', only]]);
  const parts = new Map(roles.map((role) => [partOf(role), role]));
  if (parts.size === roles.length && parts.has('worker')) return parts;
  throw unsupported(roles, 'several roles must be one `worker` and at most one `ps` and one `heter`');
}

function partOf(role: RolePlan): PaddleRole {
  const part = ROLES.find((candidate) => candidate === role.name);
  if (part === undefined) throw unsupported([role], `a PaddleJob has no role ${role.name}, only ${ROLES.join(', ')}`);
  return part;
}

function unsupported(roles: readonly RolePlan[], why: string): TrainyardError {
  const names = roles.map((role) => role.name).join(', ');
  return new TrainyardError('TY_BACKEND_UNSUPPORTED', `PaddleJobs cannot have these roles: ${names}`, {
    where: 'roles',
    why,
    fix: 'rename the roles, or use backend volcano, which takes any',
  });
}
