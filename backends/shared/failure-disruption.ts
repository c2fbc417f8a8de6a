import type { FailureCause } from '../../domain/job.ts';
import type { Finding } from './failure.ts';
import { whoIs } from './failure-end.ts';
import type { PodFacts } from './pod-facts.ts';

type Kind = Extract<FailureCause['kind'], 'evicted' | 'preempted' | 'node-lost' | 'unschedulable'>;

const BY_REASON: Readonly<Record<string, Kind>> = {
  Evicted: 'evicted',
  Preempting: 'preempted',
  NodeLost: 'node-lost',
  NodeShutdown: 'node-lost',
  Terminated: 'node-lost',
  // The kubelet turned the pod away: between the scheduler's look at the node and its own, the room was gone.
  UnexpectedAdmissionError: 'unschedulable',
  TopologyAffinityError: 'unschedulable',
  NodeAffinity: 'unschedulable',
};

const BY_DISRUPTION: Readonly<Record<string, Kind>> = {
  PreemptionByScheduler: 'preempted',
  EvictionByEvictionAPI: 'evicted',
  DeletionByTaintManager: 'node-lost',
  DeletionByPodGC: 'node-lost',
  TerminationByKubelet: 'node-lost',
};

const CODES = {
  evicted: 'TY_JOB_EVICTED',
  preempted: 'TY_JOB_PREEMPTED',
  'node-lost': 'TY_JOB_NODE_LOST',
  unschedulable: 'TY_JOB_UNSCHEDULABLE',
} as const;

/** The replica used more disk than it may: the next attempt would, too. */
const OWN_FAULT = /exceeds the (total )?limit|usage exceeds|exceeded its local ephemeral storage/i;

/** Whether the cluster took the pod away. None of it is the user's doing, but for disks filled beyond their size. */
export function disruption(pod: PodFacts): Finding | null {
  const condition = pod.conditions.find((one) => one.type === 'DisruptionTarget' && one.status === 'True');
  const kind = kindOf(pod, condition?.reason ?? null, condition !== undefined);
  if (kind === null) return null;
  const said = pod.message ?? condition?.message ?? null;
  const full = kind === 'evicted' && said !== null && OWN_FAULT.test(said);
  return {
    kind,
    code: CODES[kind],
    budget: full ? 'code' : 'infrastructure',
    message: `${whoIs(pod)} ${DEEDS[kind]}${pod.node === null ? '' : ` ${pod.node}`}${said === null ? '' : `: ${said}`}`,
    at: condition?.at ?? pod.deletedAt ?? lastEnd(pod),
    step: null,
    exitCode: null,
    signal: null,
  };
}

/**
 * Whether a pod was taken away and its program, told to go, ended with code 0: many save and leave that way. Frameworks
 * take it for the end of the training.
 */
export function wentPolitely(pod: PodFacts): boolean {
  const condition = pod.conditions.find((one) => one.type === 'DisruptionTarget' && one.status === 'True');
  if (pod.phase !== 'Succeeded' || condition === undefined) return false;
  const [told, end] = [Date.parse(condition.at ?? ''), Date.parse(lastEnd(pod))];
  // A pod that was done before is taken away with its node like any other.
  return Number.isNaN(told) || Number.isNaN(end) || end >= told;
}

const DEEDS: Readonly<Record<Kind, string>> = {
  evicted: 'was evicted from its node',
  preempted: 'had to make room for a job of higher priority on its node',
  'node-lost': 'was lost with its node',
  unschedulable: 'was turned away by its node',
};

function kindOf(pod: PodFacts, disrupted: string | null, isTarget: boolean): Kind | null {
  const { reason } = pod;
  if (reason !== null && Object.hasOwn(BY_REASON, reason)) return BY_REASON[reason] ?? null;
  if (reason !== null && pod.phase === 'Failed' && reason.startsWith('OutOf')) return 'unschedulable';
  return isTarget ? (BY_DISRUPTION[disrupted ?? ''] ?? 'evicted') : null;
}

function lastEnd(pod: PodFacts): string {
  return (
    pod.containers
      .map((one) => one.terminated?.finishedAt ?? '')
      .toSorted()
      .at(-1) ?? ''
  );
}
