import { roleVariable } from '../../domain/job-environment.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';

/** Where the ranks meet, if the spec does not say: pods have an address each, so one number does for all. */
const RENDEZVOUS_PORT = 29_500;

/** How the replicas of a job find each other; each backend has its own ways. */
export interface JobNetwork {
  /** How a replica learns its index in its role. `null` = by `computed` or `provided`. */
  readonly index: { readonly value: string } | { readonly fieldPath: string } | null;
  /** Host of the first replica. `null` = by `computed` or `provided`. */
  readonly master: string | null;
  /** Host names of a role's replicas. `null` = not known before they run. */
  hosts(role: RolePlan): readonly string[] | null;
  /**
   * Variables that only a shell in the replica can work out: name → POSIX shell expression. Never user text.
   * With any, the image needs `sh`.
   */
  readonly computed: Readonly<Record<string, string>>;
  /** Variables the framework sets, which Trainyard therefore leaves alone. */
  readonly provided: readonly string[];
  /** What torchrun is told otherwise than by default. */
  readonly agent?: Readonly<Record<string, string>>;
}

/** A job of one replica: it meets nobody but its own processes. */
export const ALONE: JobNetwork = {
  index: { value: '0' },
  master: '127.0.0.1',
  hosts: () => ['127.0.0.1'],
  computed: {},
  provided: [],
};

export function rendezvousPort(request: JobRequest): number {
  return request.plan.rendezvousPort ?? RENDEZVOUS_PORT;
}

export function replicasOf(request: JobRequest): number {
  return request.plan.roles.reduce((sum, role) => sum + role.replicas, 0);
}

/** Replicas of the roles before this one: where its ranks begin. */
export function offsetOf(request: JobRequest, role: RolePlan): number {
  const before = request.plan.roles.slice(0, request.plan.roles.indexOf(role));
  return before.reduce((sum, one) => sum + one.replicas, 0);
}

/** `VC_<ROLE>`: what begins the names of the variables that list a role's hosts. */
export function hostsVariable(role: RolePlan): string {
  return `VC_${roleVariable(role.name)}_HOSTS`;
}
