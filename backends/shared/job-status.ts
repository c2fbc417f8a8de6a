import { GRACES } from '../../domain/cluster-job.ts';
import type { ClusterJobStatus, ObservedJob, RankPod, SubmittedClusterJob } from '../../domain/cluster-job.ts';
import type { ClusterJobOptions } from '../../domain/pod-plan.ts';
import type { FailureCause, JobPhase } from '../../domain/job.ts';
import { disruption, wentPolitely } from './failure-disruption.ts';
import { failureOf, stuckOf, toCause } from './failure.ts';
import type { FailureInput } from './failure.ts';
import { beyondReach, withoutLostNodes } from './lost-nodes.ts';
import { replicasOf } from './network.ts';
import { hasStarted } from './pod-facts.ts';
import type { PodFacts } from './pod-facts.ts';
import { rolePod } from './pod-template.ts';
import { rankStatuses, stepSeconds } from './ranks.ts';
import { REPLICA_CONTAINERS } from './replica-pods.ts';
import { roleVerdict } from './role-verdict.ts';
import type { RoleVerdict } from './role-verdict.ts';

/** What a backend reads out of its own objects; the rest is the same for all. */
export interface FrameworkView {
  /** `gone` = the job's object is not there. */
  readonly state: 'suspended' | 'live' | 'ending' | 'succeeded' | 'failed' | 'gone';
  /** The framework's own words. */
  readonly reason: string | null;
  /** It failed for the time it took. */
  readonly late?: boolean;
  /** Why it is not running yet, from the scheduler or the queue. */
  readonly waits: string | null;
  readonly finishedAt: string | null;
  readonly pods: readonly PodFacts[];
  /** Replicas that are enough to run; left out, all. */
  readonly least?: number | null;
  readonly expectedConfigMaps?: readonly string[];
  /** Something about the job itself that will never mend by itself, for instance a volume that cannot be made. */
  readonly hopeless?: FailureCause | null;
  /** Whether that ends the job without giving the framework time to end it by itself. */
  readonly atOnce?: boolean;
}

/** A job's status from what its framework says and what its pods are. */
export function clusterJobStatus(
  job: SubmittedClusterJob<unknown>,
  seen: ObservedJob,
  said: FrameworkView,
): ClusterJobStatus {
  const { request, options } = job;
  const view = withoutLostNodes(seen, said);
  const input = failureInput(job, seen, view);
  const verdict = roleVerdict(request, options, view.pods, view.least ?? null);
  const phase = phaseOf(job, seen, view, verdict);
  const over = phase === 'succeeded' || phase === 'failed' || phase === 'cancelled';
  const stuck = stuckOf(input);
  const hopeless =
    view.hopeless?.message ??
    (stuck?.finding.final === true ? stuck.finding.message : null) ??
    beyondReach(seen, view.pods);
  const starts = view.pods.map(startOf).filter((time) => time !== null);
  const ranks = rankStatuses(view.pods);
  const ends = ranks.map((rank) => rank.finishedAt).filter((time) => time !== null);
  return {
    name: request.name,
    runId: request.runId,
    attempt: request.attempt,
    purpose: request.plan.purpose,
    phase,
    reason: over ? null : waitReason(phase, view, stuck?.finding.message ?? null),
    submittedAt: job.submittedAt,
    startedAt: starts.toSorted()[0] ?? null,
    finishedAt: over ? (view.finishedAt ?? ends.toSorted().at(-1) ?? seen.now) : null,
    stepSeconds: stepSeconds(view.pods),
    ranks,
    cause: phase === 'failed' ? causeOf(seen, view, input) : null,
    pods: view.pods.map(rankPod),
    endNow: over || seen.endedBy !== null || view.state === 'ending' ? null : (verdict.endNow ?? hopeless),
    ...(view.atOnce === true ? { endAtOnce: true } : {}),
  };
}

function failureInput(job: SubmittedClusterJob<unknown>, seen: ObservedJob, view: FrameworkView): FailureInput {
  return {
    pods: view.pods,
    events: seen.events,
    now: seen.now,
    lastLines: seen.lastLines,
    graces: seen.graces ?? GRACES,
    memoryOf: (pod) => memoryOf(job, job.options, pod),
    expectedConfigMaps: view.expectedConfigMaps ?? [],
  };
}

function memoryOf(job: SubmittedClusterJob<unknown>, options: ClusterJobOptions<unknown>, pod: PodFacts) {
  return rolePod(options, pod.role).memoryBytes ?? job.request.plan.resources.memoryBytes;
}

function phaseOf(
  job: SubmittedClusterJob<unknown>,
  seen: ObservedJob,
  view: FrameworkView,
  verdict: RoleVerdict,
): JobPhase {
  const { state } = view;
  if (state === 'succeeded') {
    if (verdict.outcome === 'succeeded') return 'succeeded';
    return verdict.outcome === 'failed' || view.pods.some(wentPolitely) ? 'failed' : 'succeeded';
  }
  if (state === 'failed' || state === 'gone') {
    if (verdict.outcome === 'succeeded') return 'succeeded';
    return seen.endedBy?.why === 'cancel' ? 'cancelled' : 'failed';
  }
  if (state === 'suspended') return 'queued';
  if (state === 'ending') return 'running';
  const started = view.pods.filter(hasStarted).length;
  if (started >= (view.least ?? replicasOf(job.request))) return 'running';
  return started > 0 || view.pods.some((pod) => pod.node !== null) ? 'starting' : 'queued';
}

function waitReason(phase: JobPhase, view: FrameworkView, stuck: string | null): string | null {
  if (view.state === 'ending') return view.reason;
  if (phase === 'running') return null;
  const words = view.waits ?? stuck ?? view.reason;
  if (phase === 'queued') return words ?? 'waits for a node';
  return stuck ?? words ?? 'waits for its containers';
}

/** Why the job failed: what Trainyard ended it for, what its pods died of, and only then what the framework says. */
function causeOf(seen: ObservedJob, view: FrameworkView, input: FailureInput): FailureCause {
  const { endedBy } = seen;
  if (endedBy?.why === 'deadline') return missedStart(endedBy.reason, input, view.waits);
  if (endedBy?.why === 'silent') return of('silent', 'TY_JOB_SILENT', 'code', endedBy.reason);
  if (view.late === true) {
    return of('deadline', 'TY_JOB_DEADLINE', 'code', view.reason ?? 'the job ran longer than it may');
  }
  const gone = view.state === 'gone' && endedBy === null;
  // Pods that went with the job say only that they were told to.
  const pods = failureOf(gone ? { ...input, pods: input.pods.filter(hasOwnEnd) } : input);
  if (pods !== null) return pods;
  if (view.hopeless) return view.hopeless;
  const message = gone ? 'the job was deleted, and not by Trainyard' : (endedBy?.reason ?? view.reason);
  return of('lost', 'TY_JOB_LOST', 'infrastructure', message ?? 'the job failed and left no pod that says why');
}

/** It did not start in time: what it waited for is the cause. Another attempt would wait as long, hence the budget. */
function missedStart(reason: string, input: FailureInput, waits: string | null): FailureCause {
  const stuck = stuckOf(input);
  const said = waits === null ? reason : `${reason}: ${waits}`;
  if (stuck === null) return of('start-deadline', 'TY_JOB_START_DEADLINE', 'code', said);
  // What lets whole jobs in knows more of why than each pod does.
  const words = stuck.finding.queued ? (waits ?? stuck.finding.message) : stuck.finding.message;
  return { ...toCause(stuck, input), budget: 'code', message: `${reason}: ${words}` };
}

function hasOwnEnd(pod: PodFacts): boolean {
  return pod.deletedAt === null || disruption(pod) !== null;
}

function of(
  kind: FailureCause['kind'],
  code: FailureCause['code'],
  budget: FailureCause['budget'],
  message: string,
): FailureCause {
  return jobCause({ kind, code, budget, message });
}

/** A cause that is the whole job's and no rank's. */
export function jobCause(cause: Pick<FailureCause, 'kind' | 'code' | 'budget' | 'message'>): FailureCause {
  return { ...cause, step: null, role: null, rank: null, exitCode: null, signal: null, lastLines: [] };
}

function rankPod({ name, role, rank, containers, node }: PodFacts): RankPod {
  const own = role.steps.flatMap((step) => containers.filter((one) => one.step === step.name));
  const beside = (wanted: string) => containers.filter((one) => one.step === null && one.name === wanted);
  // What a replica brings and hands over is told in its log, before and behind its own words.
  const all = [...beside(REPLICA_CONTAINERS.prepare), ...own, ...beside(REPLICA_CONTAINERS.handOver)];
  const where = node === null ? {} : { node };
  return { name, role: role.name, rank, containers: all.map((one) => one.name), ...where };
}

function startOf(pod: PodFacts): string | null {
  const times = pod.containers
    .filter((one) => one.step !== null)
    .map((one) => one.runningSince ?? one.terminated?.startedAt ?? null)
    .filter((time) => time !== null);
  return times.toSorted()[0] ?? null;
}
