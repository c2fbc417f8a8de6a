import { TrainyardError } from '../../domain/errors.ts';
import type { PaddleRole } from './roles.ts';

const POD_NAME = 63;

/** The longest name a PaddleJob may have: its pods, and with them their host names, are `<job>-<role>-<index>`. */
export function longestPaddleJobName(replicas: Readonly<Partial<Record<PaddleRole, number>>>): number {
  const tails = Object.entries(replicas).map(([role, count]) => `-${role}-${Math.max(0, count - 1)}`.length);
  return POD_NAME - Math.max(0, ...tails);
}

/** Throws `TY_BACKEND_NAME`: nothing on the cluster checks a PaddleJob, its pods would only never come. */
export function checkPaddleJobName(name: string, replicas: Readonly<Partial<Record<PaddleRole, number>>>): void {
  const longest = longestPaddleJobName(replicas);
  if (/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) && name.length <= longest) return;
  throw new TrainyardError('TY_BACKEND_NAME', `${name} cannot name a PaddleJob`, {
    where: name,
    why: `at most ${longest} lower-case letters, digits and "-", starting with a letter`,
  });
}
