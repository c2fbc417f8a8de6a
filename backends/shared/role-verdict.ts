import type { ClusterJobOptions, RoleTerms } from '../../domain/pod-plan.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';
import { hasEnded, hasStarted } from './pod-facts.ts';
import type { PodFacts } from './pod-facts.ts';

/** What the replicas together mean for the job. */
export interface RoleVerdict {
  /** `null` = not settled yet. */
  readonly outcome: 'succeeded' | 'failed' | null;
  /** Why what still runs should be ended; `null` = nothing does, or it should go on. */
  readonly endNow: string | null;
}

const OPEN: RoleVerdict = { outcome: null, endNow: null };

/**
 * The end of a job as its roles' terms have it: frameworks know other rules, or none. A rank that dies takes the job
 * with it, because its peers would wait for it for ever.
 * @param least replicas that are enough for a job that may shrink; left out, all of them
 */
export function roleVerdict(
  request: JobRequest,
  options: ClusterJobOptions<unknown>,
  pods: readonly PodFacts[],
  least: number | null = null,
): RoleVerdict {
  const tallies = request.plan.roles.map((role) => tallyOf(role, options.roles[role.name], pods, least));
  const stopping = (outcome: 'succeeded' | 'failed', why: string): RoleVerdict => {
    const idle = tallies.every((one) => one.open === 0);
    return { outcome, endNow: idle ? null : why };
  };
  const mains = tallies.filter((one) => one.main);
  if (mains.length > 0 && mains.every((one) => one.done)) {
    return stopping('succeeded', `${mains.map((one) => one.name).join(', ')} is done, and with it the job`);
  }
  const dead = tallies.find((one) => one.dead);
  if (dead !== undefined) return stopping('failed', `${dead.name} rank ${dead.firstFailed ?? '?'} has failed`);
  if (!tallies.every((one) => one.done && one.running === 0)) return OPEN;
  return stopping('succeeded', 'every replica that ran is done');
}

interface Tally {
  readonly name: string;
  readonly main: boolean;
  readonly done: boolean;
  readonly dead: boolean;
  /** Replicas that have not ended, started or not. */
  readonly open: number;
  readonly running: number;
  readonly firstFailed: number | null;
}

function tallyOf(role: RolePlan, terms: RoleTerms | undefined, pods: readonly PodFacts[], least: number | null): Tally {
  const own = pods.filter((pod) => pod.role === role);
  // Pods that were told to go have not failed: a suspended job comes back, and an evicted one is its framework's to end.
  // Nor have they succeeded, however politely they went.
  const failed = own.filter((pod) => pod.phase === 'Failed' && pod.deletedAt === null);
  const succeeded = own.filter((pod) => pod.phase === 'Succeeded' && pod.deletedAt === null).length;
  const needed = terms?.minSucceeded ?? least ?? role.replicas - (terms?.maxFailed ?? 0);
  return {
    name: role.name,
    main: terms?.main ?? false,
    done: succeeded >= needed,
    dead: failed.length > (terms?.maxFailed ?? 0) || role.replicas - failed.length < needed,
    open: role.replicas - succeeded - failed.length,
    running: own.filter((pod) => hasStarted(pod) && !hasEnded(pod)).length + unseen(role, own, least),
    firstFailed: failed[0]?.rank ?? null,
  };
}

/** Replicas that no pod is known of may still come, but for a job that can do without them. */
function unseen(role: RolePlan, own: readonly PodFacts[], least: number | null): number {
  const waiting = own.filter((pod) => !hasStarted(pod) && !hasEnded(pod)).length;
  return least === null ? role.replicas - own.length + waiting : 0;
}
