import type { ClusterBackend, ClusterJobStatus, Graces, KubeObject, ObservedJob } from '../../domain/cluster-job.ts';
import type { FailureCause, JobStatus } from '../../domain/job.ts';
import { isTerminal } from '../../domain/job.ts';
import { textAt } from '../../domain/json.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import { lastOutput, missedDeadline } from './deadlines.ts';
import type { KeptJob, KeptJobs, KeptState } from './kept-jobs.ts';
import type { LogKeeper } from './logs/log-keeper.ts';
import { observe } from './observe.ts';
import { followRanks, lastLinesOf } from './rank-logs.ts';
import { deleteObjects } from './remove.ts';
import { endOfUnborn, statusOfLast } from './unborn.ts';
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
  readonly graces?: Graces;
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
  return new LiveJudge(deps);
}

/** One look at one job. */
interface Look {
  readonly backend: ClusterBackend;
  readonly kept: KeptJob;
  readonly seen: ObservedJob;
  readonly told: ClusterJobStatus;
}

class LiveJudge implements Judge {
  readonly #deps: JudgeDeps;
  /** Since when a rank of a job is dead, milliseconds. */
  readonly #dead = new Map<string, number>();
  #later: (name: string, ms: number) => void = () => {};

  constructor(deps: JudgeDeps) {
    this.#deps = deps;
  }

  onLater(look: (name: string, ms: number) => void): void {
    this.#later = look;
  }

  async status(name: string, { live }: { readonly live: boolean }): Promise<JobStatus | null> {
    const kept = this.#deps.jobs.read(name);
    if (kept === null) return null;
    const { state } = kept;
    if (state.final !== null) return state.final;
    if (state.uid === null) return this.#unborn(kept);
    const backend = this.#deps.backends[kept.plan.kind];
    let seen = await this.#look(backend, kept, live);
    if (seen.job === null && state.endedBy === null) {
      // A watch may lag behind; only the server itself says that something is not there.
      if (!live) seen = await this.#look(backend, kept, true);
      if (seen.job === null && !this.#missedTwice(kept))
        return statusOfLast(kept, 'its object is not to be found; looking again');
    }
    if (seen.job !== null && state.missingSince !== null) {
      this.#deps.jobs.update(kept.place, (one) => ({ ...one, missingSince: null }));
    }
    // The watches run side by side: the job's may have its end before the pods' has theirs, and with it the cause.
    if (!live && this.#mayBeStale(backend, kept, seen)) seen = await this.#look(backend, kept, true);
    return await this.#judged(backend, kept, seen);
  }

  #mayBeStale(backend: ClusterBackend, kept: KeptJob, seen: ObservedJob): boolean {
    const { phase } = backend.status(kept.submitted, seen);
    return phase === 'failed' || (isTerminal(phase) && !seen.pods.every(isOver));
  }

  async #look(backend: ClusterBackend, kept: KeptJob, live: boolean): Promise<ObservedJob> {
    const { api, namespace, view, graces } = this.#deps;
    const seen = await observe({ api, namespace, view: view(), live }, backend, kept);
    return graces === undefined ? seen : { ...seen, graces };
  }

  #unborn(kept: KeptJob): JobStatus {
    const { jobs, acts } = this.#deps;
    const { state, place } = kept;
    const late = acts() ? missedDeadline(kept, 'queued', Date.now(), 0) : null;
    const endedBy = state.endedBy ?? late;
    if (endedBy === null) return statusOfLast(kept, state.waiting ?? 'not submitted yet');
    const end = endOfUnborn({ ...kept, state: { ...state, endedBy } });
    // Its object may have been made while this was thought over: then that one is judged.
    const after = jobs.update(place, (one) => (one.uid === null ? { ...one, endedBy, final: one.final ?? end } : one));
    return after.final ?? statusOfLast(kept, 'just created');
  }

  #missedTwice({ place, state }: KeptJob): boolean {
    const now = Date.now();
    const { jobs, times } = this.#deps;
    if (state.missingSince === null) {
      jobs.update(place, (one) => ({ ...one, missingSince: new Date(now).toISOString() }));
      this.#later(place.name, times.missing);
      return false;
    }
    const left = Date.parse(state.missingSince) + times.missing - now;
    if (left > 0) this.#later(place.name, left);
    return left <= 0;
  }

  async #judged(backend: ClusterBackend, kept: KeptJob, seen: ObservedJob): Promise<JobStatus> {
    const told = backend.status(kept.submitted, seen);
    const look = { backend, kept, seen, told };
    followRanks(this.#deps.logs, kept, seen, told);
    if (isTerminal(told.phase)) return await this.#settled(look);
    this.#keepPods(look, isOver);
    const state = this.#remember(kept, told);
    if (this.#deps.acts()) await this.#act({ ...look, kept: { ...kept, state } });
    return plain(told);
  }

  /** What a pod died of is lost with the pod, so it is kept as soon as it is seen. */
  #keepPods({ kept, seen }: Look, which: (pod: KubeObject) => boolean): void {
    const known = new Set(kept.state.pods.map((pod) => pod.metadata.uid));
    const fresh = seen.pods.filter((pod) => which(pod) && !known.has(pod.metadata.uid));
    if (fresh.length === 0) return;
    this.#deps.jobs.update(kept.place, (one) => ({ ...one, pods: [...one.pods, ...fresh.map(statusOnly)] }));
  }

  /** The end: the logs whole, then the verdict on disk, then nothing of it changes any more. */
  async #settled(look: Look): Promise<JobStatus> {
    const { kept, seen, told } = look;
    const { jobs, logs, times } = this.#deps;
    const uids = seen.pods.map((pod) => pod.metadata.uid).filter((uid) => uid !== undefined);
    await logs.settle(uids, times.logs);
    const final = told.phase === 'failed' ? await this.#failed(look) : plain(told);
    this.#dead.delete(kept.place.name);
    const after = jobs.update(kept.place, (one) => (one.final === null ? { ...one, last: final, final } : one));
    // Deleted by somebody who left its pods behind: they must not go on without it.
    if (seen.job === null && this.#deps.acts()) await deleteObjects(this.#deps, kept, look.backend);
    return after.final ?? final;
  }

  async #failed({ backend, kept, seen, told }: Look): Promise<JobStatus> {
    const lastLines = await lastLinesOf(this.#deps.logs, kept, told);
    const whole = plain(backend.status(kept.submitted, { ...seen, lastLines }));
    const { cause } = kept.state;
    // Pods that Trainyard ended say nothing of why it did; that their node was lost may only be known now.
    if (cause === null || whole.cause === null || isDisruption(whole.cause)) return whole;
    return { ...whole, cause: { ...cause, lastLines: lastLines[`${cause.role}-${cause.rank}`] ?? [] } };
  }

  #remember(kept: KeptJob, told: ClusterJobStatus): KeptState {
    const { last, since } = kept.state;
    const { phase } = told;
    const same = last?.phase === phase && last.reason === told.reason && since[phase] !== undefined;
    if (same && last.ranks.length === told.ranks.length) return kept.state;
    // It waits since it was submitted; one that is put back into its queue waits anew.
    const now = last === null && phase === 'queued' ? kept.submitted.submittedAt : new Date().toISOString();
    return this.#deps.jobs.update(kept.place, (one) => ({
      ...one,
      last: plain(told),
      since: { ...one.since, [phase]: last?.phase === phase ? (one.since[phase] ?? now) : now },
    }));
  }

  async #act(look: Look): Promise<void> {
    const { backend, kept, seen, told } = look;
    const { jobs } = this.#deps;
    if (kept.state.endedBy !== null) {
      // The deletion may have failed, or whoever began it has died.
      if (seen.job !== null && seen.job.metadata.deletionTimestamp === undefined) {
        await deleteObjects(this.#deps, kept, backend);
      }
      return;
    }
    const why = (await this.#late(kept, told.phase)) ?? this.#overdue(kept.place.name, told);
    if (why === null) return;
    // A cluster that cannot be reached, or a view that lags behind, ends no job.
    const live = await this.#look(backend, kept, true);
    if (live.job === null || backend.status(kept.submitted, live).phase !== told.phase) return;
    this.#keepPods({ ...look, seen: live }, () => true);
    const { cause } = backend.status(kept.submitted, { ...live, job: null, endedBy: why });
    jobs.update(kept.place, (one) => (one.endedBy === null ? { ...one, endedBy: why, cause } : one));
    await deleteObjects(this.#deps, kept, backend);
  }

  async #late(kept: KeptJob, phase: JobStatus['phase']): Promise<ObservedJob['endedBy']> {
    const now = Date.now();
    if (kept.submitted.request.plan.deadlines.silentSeconds === null) return missedDeadline(kept, phase, now, now);
    const wrote = await lastOutput(kept);
    // While the cluster is out of reach no line of it arrives.
    return missedDeadline(kept, phase, now, Math.max(wrote, this.#deps.view()?.troubledAt() ?? 0));
  }

  /** A rank is dead and the framework had its time to end the others. */
  #overdue(name: string, told: ClusterJobStatus): ObservedJob['endedBy'] {
    if (told.endNow === null) {
      this.#dead.delete(name);
      return null;
    }
    const now = Date.now();
    const first = this.#dead.get(name) ?? now;
    this.#dead.set(name, first);
    const left = first + this.#deps.times.peers - now;
    if (left > 0) this.#later(name, left);
    return left > 0 ? null : { why: 'peer', reason: told.endNow };
  }
}

function isOver(pod: KubeObject): boolean {
  return ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase') ?? '');
}

function isDisruption({ kind }: FailureCause): boolean {
  return kind === 'evicted' || kind === 'preempted' || kind === 'node-lost';
}

/** A pod without its description: what it was asked to be is in the job. */
function statusOnly(pod: KubeObject): KubeObject {
  return { ...pod, spec: { nodeName: textAt(pod, 'spec', 'nodeName') ?? undefined } };
}

function plain({ endNow: _end, pods: _pods, ...status }: ClusterJobStatus): JobStatus {
  return status;
}
