import type { Graces, KubeObject } from '../../domain/cluster-job.ts';
import type { FailureCause } from '../../domain/job.ts';
import { unreachedBy } from '../../domain/rendezvous.ts';
import { hasEnded } from './pod-facts.ts';
import type { PodFacts } from './pod-facts.ts';
import { disruption } from './failure-disruption.ts';
import { endOf } from './failure-end.ts';
import { stuck } from './failure-start.ts';

/** What a rule says about one pod. */
export interface Finding extends Pick<FailureCause, 'kind' | 'code' | 'budget' | 'message'> {
  /** When it happened, RFC 3339; `''` = unknown. */
  readonly at: string;
  readonly step: FailureCause['step'];
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A pod that cannot start: it may yet mend itself. */
export interface Stuck extends Finding {
  /** Whether it is past its grace, or will never mend itself. */
  readonly final: boolean;
  /** Still before a node was found: the job is queued, not starting. */
  readonly queued: boolean;
}

export interface FailureInput {
  readonly pods: readonly PodFacts[];
  readonly events: readonly KubeObject[];
  /** RFC 3339. */
  readonly now: string;
  readonly lastLines: Readonly<Record<string, readonly string[]>>;
  readonly graces: Graces;
  /** Memory a replica of a role may use, bytes. */
  memoryOf(pod: PodFacts): number | null;
  /** ConfigMaps whose absence is part of the framework's start-up. */
  readonly expectedConfigMaps?: readonly string[];
}

/**
 * A peer dies of a lost node within seconds; that the node is lost is known after minutes. Exits this long before
 * a disruption are taken for its results, milliseconds.
 */
const DISRUPTION_SHADOW_MS = 600_000;

/**
 * Why a job failed: the disruption that ended its ranks, else the rank that died first by its own doing. Ranks that
 * were told to go do not count. `null` = no pod has failed.
 */
export function failureOf(input: FailureInput): FailureCause | null {
  const disrupted = earliest(input.pods.flatMap((pod) => found(pod, disruption(pod))));
  const exits = input.pods.filter(hasEndedBadly);
  const ownDoing = earliest(exits.filter((pod) => pod.deletedAt === null).flatMap((pod) => ended(pod, input)));
  const ended_ = ownDoing ?? earliest(exits.flatMap((pod) => ended(pod, input)));
  if (disrupted !== null && (ended_ === null || isShadowed(ended_.finding, disrupted.finding))) {
    return toCause(disrupted, input);
  }
  if (ended_ !== null) return toCause(ended_, input);
  const hopeless = stuckOf(input)?.finding.final === true ? stuckOf(input) : null;
  return hopeless === null ? null : toCause(hopeless, input);
}

/** What keeps a job from starting, the worst first; `null` = nothing is known to. */
export function stuckOf(input: FailureInput): Located<Stuck> | null {
  const all = input.pods.filter((pod) => !hasEnded(pod)).flatMap((pod) => found(pod, stuck(pod, input)));
  return all.find((one) => one.finding.final) ?? all.find((one) => !one.finding.queued) ?? all[0] ?? null;
}

/** A finding and whose it is. */
export interface Located<F extends Finding> {
  readonly pod: PodFacts;
  readonly finding: F;
}

export function toCause({ pod, finding }: Located<Finding>, input: FailureInput): FailureCause {
  const { kind, code, budget, message, step, exitCode, signal } = finding;
  const role = pod.role.name;
  const lastLines = (input.lastLines[`${role}-${pod.rank}`] ?? []).slice(-20);
  const unreached = kind === 'exit-code' || kind === 'signal' ? unreachedBy(lastLines) : null;
  const words = unreached === null ? message : `${message}; it could not reach ${unreached}`;
  return { kind, code, budget, message: words, step, role, rank: pod.rank, exitCode, signal, lastLines };
}

function found<F extends Finding>(pod: PodFacts, finding: F | null): Located<F>[] {
  return finding === null ? [] : [{ pod, finding }];
}

function ended(pod: PodFacts, input: FailureInput): Located<Finding>[] {
  return found(pod, endOf(pod, input.memoryOf(pod)));
}

function hasEndedBadly(pod: PodFacts): boolean {
  return pod.phase === 'Failed' || pod.containers.some((one) => (one.terminated?.exitCode ?? 0) !== 0);
}

function earliest<F extends Finding>(all: readonly Located<F>[]): Located<F> | null {
  const order = (one: Located<F>): string => (one.finding.at === '' ? '9' : one.finding.at);
  return all.toSorted((one, other) => (order(one) < order(other) ? -1 : order(one) > order(other) ? 1 : 0))[0] ?? null;
}

function isShadowed(exit: Finding, cut: Finding): boolean {
  const gap = Date.parse(cut.at) - Date.parse(exit.at);
  return Number.isNaN(gap) || gap < DISRUPTION_SHADOW_MS;
}
