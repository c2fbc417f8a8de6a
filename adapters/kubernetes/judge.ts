import { join } from 'node:path';
import type { ClusterBackend, ClusterJobStatus, KubeObject, ObservedJob } from '../../domain/cluster-job.ts';
import type { JobStatus } from '../../domain/job.ts';
import { isTerminal } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import { lastOutput, missedDeadline } from './deadlines.ts';
import type { KeptJob, KeptJobs, KeptState } from './kept-jobs.ts';
import type { LogKeeper } from './logs/log-keeper.ts';
import { observe } from './observe.ts';
import { deleteObjects } from './remove.ts';
import type { ClusterView } from './view.ts';

export interface JudgeDeps {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly jobs: KeptJobs;
  readonly logs: LogKeeper;
  /** `null` = nothing is watched. */
  readonly view: () => ClusterView | null;
  /** Ends what should be ended; a mere reader leaves that to the watcher. */
  readonly acts: () => boolean;
  readonly times: JudgeTimes;
}

/** Milliseconds. */
export interface JudgeTimes {
  /** Between the two looks after which a job that is not there counts as lost. */
  readonly missing: number;
  /** What a framework gets to end the peers of a rank that died. */
  readonly peers: number;
  /** How long an end waits for the last lines of the logs. */
  readonly logs: number;
}

export interface Judge {
  /** The status of a job; `null` if there is none of that name. What is final is written before it is answered. */
  status(name: string, options: { readonly live: boolean }): Promise<JobStatus | null>;
  /** Asks for another look after so many milliseconds. */
  onLater(look: (name: string, ms: number) => void): void;
}

/** Tells what a job has come to from what is seen of it, and ends what will not end by itself. */
export function createJudge(deps: JudgeDeps): Judge {
  const deadPeers = new Map<string, number>();
  let later: (name: string, ms: number) => void = () => {};

  async function status(name: string, { live }: { readonly live: boolean }): Promise<JobStatus | null> {
    const kept = deps.jobs.read(name);
    if (kept === null) return null;
    const { state } = kept;
    if (state.final !== null) return state.final;
    if (state.uid === null) return await unborn(kept);
    const backend = deps.backends[kept.plan.kind];
    let seen = await look(backend, kept, live);
    if (seen.job === null && state.endedBy === null) {
      // A watch may lag behind; only the server itself says that something is not there.
      if (!live) seen = await look(backend, kept, true);
      if (seen.job === null && !missedTwice(kept))
        return statusOfLast(kept, 'its object is not to be found; looking again');
    }
    if (seen.job !== null && state.missingSince !== null) {
      deps.jobs.update(kept.place, (one) => ({ ...one, missingSince: null }));
    }
    return await judged(backend, kept, seen);
  }

  function look(backend: ClusterBackend, kept: KeptJob, live: boolean): Promise<ObservedJob> {
    return observe({ api: deps.api, namespace: deps.namespace, view: deps.view(), live }, backend, kept);
  }

  async function unborn(kept: KeptJob): Promise<JobStatus> {
    const { state } = kept;
    if (state.endedBy !== null)
      return deps.jobs.update(kept.place, (one) => ({ ...one, final: endOfUnborn(kept) })).final ?? endOfUnborn(kept);
    const late = missedDeadline(kept, 'queued', Date.now(), 0);
    if (late !== null && deps.acts()) {
      deps.jobs.update(kept.place, (one) => ({ ...one, endedBy: late }));
      return await unborn({ ...kept, state: { ...state, endedBy: late } });
    }
    return statusOfLast(kept, state.waiting ?? 'not submitted yet');
  }

  function missedTwice({ place, state }: KeptJob): boolean {
    const now = Date.now();
    if (state.missingSince === null) {
      deps.jobs.update(place, (one) => ({ ...one, missingSince: new Date(now).toISOString() }));
      later(place.name, deps.times.missing);
      return false;
    }
    const left = Date.parse(state.missingSince) + deps.times.missing - now;
    if (left > 0) later(place.name, left);
    return left <= 0;
  }

  async function judged(backend: ClusterBackend, kept: KeptJob, seen: ObservedJob): Promise<JobStatus> {
    const told = backend.status(kept.submitted, seen);
    keepPods(kept, seen, told);
    followLogs(kept, seen, told);
    if (isTerminal(told.phase)) return await settled(backend, kept, seen, told);
    const state = remember(kept, told);
    if (deps.acts()) await act({ ...kept, state }, told);
    return plain(told);
  }

  /** What a pod died of is lost with the pod, so it is kept as soon as it is seen. */
  function keepPods(kept: KeptJob, seen: ObservedJob, told: ClusterJobStatus): void {
    if (isTerminal(told.phase)) return;
    const ended = seen.pods.filter((pod) => ['Succeeded', 'Failed'].includes(phaseOf(pod)));
    const known = new Set(kept.state.pods.map((pod) => pod.metadata.uid));
    const fresh = ended.filter((pod) => !known.has(pod.metadata.uid));
    if (fresh.length > 0)
      deps.jobs.update(kept.place, (one) => ({ ...one, pods: [...one.pods, ...fresh.map(statusOnly)] }));
  }

  function followLogs(kept: KeptJob, seen: ObservedJob, told: ClusterJobStatus): void {
    for (const { name, role, rank, containers } of told.pods) {
      const pod = seen.pods.find((one) => one.metadata.name === name);
      const file = join(kept.submitted.request.directories.logs, `${role}-${rank}.log`);
      if (pod !== undefined && containers.length > 0) deps.logs.follow(pod, { file, containers });
    }
  }

  /** The end: the logs whole, then the verdict on disk, then nothing of it changes any more. */
  async function settled(
    backend: ClusterBackend,
    kept: KeptJob,
    seen: ObservedJob,
    told: ClusterJobStatus,
  ): Promise<JobStatus> {
    const uids = seen.pods.map((pod) => pod.metadata.uid).filter((uid) => uid !== undefined);
    await deps.logs.settle(uids, deps.times.logs);
    const whole =
      told.phase === 'failed' ? backend.status(kept.submitted, { ...seen, lastLines: await tails(kept, told) }) : told;
    const final = plain(isTerminal(whole.phase) ? whole : told);
    deadPeers.delete(kept.place.name);
    return (
      deps.jobs.update(kept.place, (one) => (one.final === null ? { ...one, last: final, final } : one)).final ?? final
    );
  }

  async function tails(kept: KeptJob, told: ClusterJobStatus): Promise<ObservedJob['lastLines']> {
    const { logs } = kept.submitted.request.directories;
    const entries = await Promise.all(
      told.pods.map(async ({ role, rank }) => {
        const lines = await deps.logs.lastLines(join(logs, `${role}-${rank}.log`), 20);
        return [`${role}-${rank}`, lines] as const;
      }),
    );
    return Object.fromEntries(entries);
  }

  function remember(kept: KeptJob, told: ClusterJobStatus): KeptState {
    const { last, since } = kept.state;
    const same = last?.phase === told.phase && last.reason === told.reason && since[told.phase] !== undefined;
    if (same && last.ranks.length === told.ranks.length) return kept.state;
    const now = new Date().toISOString();
    return deps.jobs.update(kept.place, (one) => ({
      ...one,
      last: plain(told),
      // A job that is put back into its queue waits anew.
      since: { ...one.since, [told.phase]: last?.phase === told.phase ? (one.since[told.phase] ?? now) : now },
    }));
  }

  async function act(kept: KeptJob, told: ClusterJobStatus): Promise<void> {
    if (kept.state.endedBy !== null) return;
    const now = Date.now();
    const wrote = kept.submitted.request.plan.deadlines.silentSeconds === null ? now : await lastOutput(kept);
    const late = missedDeadline(kept, told.phase, now, wrote);
    const why = late ?? overdue(kept.place.name, told, now);
    if (why === null) return;
    deps.jobs.update(kept.place, (one) => ({ ...one, endedBy: one.endedBy ?? why }));
    await deleteObjects(deps, kept, deps.backends[kept.plan.kind]);
  }

  /** A rank is dead and the framework had its time to end the others. */
  function overdue(name: string, told: ClusterJobStatus, now: number): ObservedJob['endedBy'] {
    if (told.endNow === null) {
      deadPeers.delete(name);
      return null;
    }
    const first = deadPeers.get(name) ?? now;
    deadPeers.set(name, first);
    const left = first + deps.times.peers - now;
    if (left > 0) later(name, left);
    return left > 0 ? null : { why: 'peer', reason: told.endNow };
  }

  return {
    status,
    onLater(look) {
      later = look;
    },
  };
}

function phaseOf({ status }: KubeObject): string {
  const phase = (status as { readonly phase?: unknown } | undefined)?.phase;
  return typeof phase === 'string' ? phase : '';
}

/** A pod without its description: what it was asked to be is in the job. */
function statusOnly(pod: KubeObject): KubeObject {
  const node = (pod.spec as { readonly nodeName?: unknown } | undefined)?.nodeName;
  return { ...pod, spec: { nodeName: node } };
}

function plain({ endNow: _end, pods: _pods, ...status }: ClusterJobStatus): JobStatus {
  return status;
}

function statusOfLast(kept: KeptJob, reason: string): JobStatus {
  const { last } = kept.state;
  if (last !== null) return { ...last, reason };
  const { name, runId, attempt, plan } = kept.submitted.request;
  return {
    name,
    runId,
    attempt,
    purpose: plan.purpose,
    phase: 'queued',
    reason,
    submittedAt: kept.submitted.submittedAt,
    startedAt: null,
    finishedAt: null,
    stepSeconds: {},
    ranks: [],
    cause: null,
  };
}

/** It was ended before its object was made. */
function endOfUnborn(kept: KeptJob): JobStatus {
  const base = { ...statusOfLast(kept, ''), reason: null, finishedAt: new Date().toISOString() };
  const { endedBy, waiting } = kept.state;
  if (endedBy === null || endedBy.why === 'cancel') return { ...base, phase: 'cancelled' };
  return {
    ...base,
    phase: 'failed',
    cause: {
      kind: 'start-deadline',
      code: 'TY_JOB_START_DEADLINE',
      budget: 'code',
      message: waiting === null ? endedBy.reason : `${endedBy.reason}: ${waiting}`,
      step: null,
      role: null,
      rank: null,
      exitCode: null,
      signal: null,
      lastLines: [],
    },
  };
}
