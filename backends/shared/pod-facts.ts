import type { KubeObject } from '../../domain/cluster-job.ts';
import { KUBE_LABELS } from '../../domain/cluster-job.ts';
import type { JobRequest, RolePlan, StepName } from '../../domain/job.ts';
import { at, conditionsOf, countAt, listAt, textAt } from '../../domain/json.ts';
import type { Condition } from '../../domain/json.ts';
import { offsetOf } from './network.ts';

/** How a container ended. Times are RFC 3339. */
export interface Termination {
  readonly exitCode: number;
  readonly reason: string | null;
  readonly message: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface ContainerFacts {
  readonly name: string;
  /** `null` = a container of the framework's own. */
  readonly step: StepName | null;
  readonly init: boolean;
  readonly waiting: { readonly reason: string; readonly message: string | null } | null;
  readonly runningSince: string | null;
  readonly terminated: Termination | null;
}

/** A pod as the one replica of a job that it is. */
export interface PodFacts {
  readonly name: string;
  readonly role: RolePlan;
  /** Across the job. */
  readonly rank: number;
  readonly phase: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly node: string | null;
  readonly createdAt: string | null;
  readonly deletedAt: string | null;
  readonly conditions: readonly Condition[];
  readonly containers: readonly ContainerFacts[];
}

/** How a backend tells which replica of its role a pod is. */
export type IndexOf = (pod: KubeObject) => number | null;

/** Reads an index from a label or annotation of that name. */
export function indexFrom(key: string): IndexOf {
  return (pod) => {
    const text = textAt(pod, 'metadata', 'annotations', key) ?? textAt(pod, 'metadata', 'labels', key);
    return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : null;
  };
}

/**
 * The pods of a job in rank order, one a rank: where a pod was replaced, the newest. Pods that are not of the job's
 * roles are left out.
 */
export function podFacts(
  request: JobRequest,
  pods: readonly KubeObject[],
  indexOf: IndexOf,
  mainContainer?: string,
): readonly PodFacts[] {
  const newest = new Map<number, PodFacts>();
  for (const pod of pods) {
    const name = textAt(pod, 'metadata', 'labels', KUBE_LABELS.role);
    const role = request.plan.roles.find((one) => one.name === name);
    const index = indexOf(pod);
    if (role === undefined || index === null || index >= role.replicas) continue;
    const facts = factsOf(pod, role, offsetOf(request, role) + index, mainContainer);
    const known = newest.get(facts.rank);
    if (known === undefined || (known.createdAt ?? '') <= (facts.createdAt ?? '')) newest.set(facts.rank, facts);
  }
  return [...newest.values()].toSorted((one, other) => one.rank - other.rank);
}

function factsOf(pod: KubeObject, role: RolePlan, rank: number, mainContainer: string | undefined): PodFacts {
  const stepOf = (name: string): StepName | null => {
    const last = role.steps.at(-1)?.name ?? null;
    if (name === mainContainer) return last;
    return role.steps.find((step) => step.name === name)?.name ?? null;
  };
  const read = (list: string, init: boolean): ContainerFacts[] =>
    listAt(pod, 'status', list).map((status) => containerFacts(status, init, stepOf));
  return {
    name: pod.metadata.name,
    role,
    rank,
    phase: textAt(pod, 'status', 'phase') ?? 'Pending',
    reason: textAt(pod, 'status', 'reason'),
    message: textAt(pod, 'status', 'message'),
    node: textAt(pod, 'spec', 'nodeName'),
    createdAt: textAt(pod, 'metadata', 'creationTimestamp'),
    deletedAt: textAt(pod, 'metadata', 'deletionTimestamp'),
    conditions: conditionsOf(pod),
    // By name and never by position: the kubelet sorts them.
    containers: [...read('initContainerStatuses', true), ...read('containerStatuses', false)],
  };
}

function containerFacts(status: unknown, init: boolean, stepOf: (name: string) => StepName | null): ContainerFacts {
  const name = textAt(status, 'name') ?? '';
  const waiting = textAt(status, 'state', 'waiting', 'reason');
  return {
    name,
    step: stepOf(name),
    init,
    waiting: waiting === null ? null : { reason: waiting, message: textAt(status, 'state', 'waiting', 'message') },
    runningSince: textAt(status, 'state', 'running', 'startedAt'),
    terminated: termination(at(status, 'state', 'terminated')) ?? termination(at(status, 'lastState', 'terminated')),
  };
}

function termination(value: unknown): Termination | null {
  if (typeof value !== 'object' || value === null) return null;
  return {
    exitCode: countAt(value, 'exitCode'),
    reason: textAt(value, 'reason'),
    message: textAt(value, 'message'),
    startedAt: textAt(value, 'startedAt'),
    finishedAt: textAt(value, 'finishedAt'),
  };
}

/** Whether the replica's program has begun, whatever became of it. */
export function hasStarted(pod: PodFacts): boolean {
  if (pod.phase === 'Running' || pod.phase === 'Succeeded') return true;
  return pod.containers.some((one) => one.step !== null && (one.runningSince !== null || one.terminated !== null));
}

export function hasEnded(pod: PodFacts): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}
