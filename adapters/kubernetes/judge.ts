import type { ClusterBackend, ClusterJobStatus, Graces, KubeObject, ObservedJob } from '../../domain/cluster-job.ts';
import type { JobStatus } from '../../domain/job.ts';
import { isTerminal } from '../../domain/job.ts';
import { textAt } from '../../domain/json.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { DeadPeers } from './dead-peers.ts';
import { Ends, plain } from './ends.ts';
import type { EndsDeps, Look } from './ends.ts';
import { lastOutput, missedDeadline } from './deadlines.ts';
import type { KeptJob, KeptState } from './kept-jobs.ts';
import { observe } from './observe.ts';
import { followRanks } from './rank-logs.ts';
import { deleteObjects } from './remove.ts';
import { missedMeeting, quietRanks, unmetRanks } from './rendezvous.ts';
import { endOfUnborn, statusOfLast, statusOfUnborn } from './unborn.ts';
import { asSuspended, noteBygone } from './suspended.ts';
import type { ClusterView } from './view.ts';

export interface JudgeDeps extends EndsDeps {
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  /** `null` = nothing is watched. */
  readonly view: () => ClusterView | null;
  /** Told of the ranks of a job that runs, and of none when it has ended. */
  readonly ranks?: (kept: KeptJob, pods: ClusterJobStatus['pods']) => void;
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
  /** Resolves when the logs of a job that has ended are in the workspace, or will hardly ever be. */
  logsWhole(name: string): Promise<void>;
  /** Asks for another look after so many milliseconds. */
  onLater(look: (name: string, ms: number) => void): void;
}

/** Tells what a job has come to from what is seen of it, and ends what will not end by itself. */
export function createJudge(deps: JudgeDeps): Judge {
  return new LiveJudge(deps);
}

class LiveJudge implements Judge {
  readonly #deps: JudgeDeps;
  readonly #dead: DeadPeers;
  readonly #ends: Ends;
  #later: (name: string, ms: number) => void = () => {};

  constructor(deps: JudgeDeps) {
    this.#deps = deps;
    this.#dead = new DeadPeers(deps.times.peers);
    this.#ends = new Ends(deps);
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
    if (endedBy === null) return statusOfUnborn(kept);
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
    const said = asSuspended(kept, backend.status(kept.submitted, seen));
    const unmet = kept.state.suspended === null ? await unmetRanks(this.#deps.logs, kept, said) : null;
    const reason = unmet === null ? await this.#quiet(kept, said, seen) : `no rank is past its rendezvous: ${unmet}`;
    const told = reason === null ? said : { ...said, reason };
    const look = { backend, kept, seen, told };
    if (this.#deps.keepsLogs()) followRanks(this.#deps.logs, kept, seen, told);
    this.#deps.ranks?.(kept, told.phase === 'running' ? told.pods : []);
    if (isTerminal(told.phase)) {
      // Stopped because it was asked to while this was looked at: it may go on.
      if (this.#isSuspended(kept) !== (kept.state.suspended !== null)) return statusOfLast(kept, 'looking again');
      this.#dead.forget(kept.place.name);
      return await this.#ends.settle(look);
    }
    this.#keepPods(look, isOver);
    noteBygone(this.#deps.jobs, kept, seen.pods);
    const state = this.#remember(kept, told);
    if (this.#deps.acts()) await this.#act({ ...look, kept: { ...kept, state } }, unmet);
    return plain(told);
  }

  async #quiet(kept: KeptJob, said: ClusterJobStatus, { pods }: ObservedJob): Promise<string | null> {
    if (kept.state.suspended !== null) return null;
    const troubledAt = this.#deps.view()?.troubledAt() ?? 0;
    return await quietRanks(kept, said, pods, { now: Date.now(), troubledAt });
  }

  #isSuspended({ place }: KeptJob): boolean {
    return (this.#deps.jobs.read(place.name)?.state.suspended ?? null) !== null;
  }

  /** What a pod died of is lost with the pod, so it is kept as soon as it is seen. */
  #keepPods({ kept, seen }: Look, which: (pod: KubeObject) => boolean): void {
    const known = new Set(kept.state.pods.map((pod) => pod.metadata.uid));
    const fresh = seen.pods.filter((pod) => which(pod) && !known.has(pod.metadata.uid));
    if (fresh.length === 0) return;
    this.#deps.jobs.update(kept.place, (one) => ({ ...one, pods: [...one.pods, ...fresh.map(statusOnly)] }));
  }

  async logsWhole(name: string): Promise<void> {
    const kept = this.#deps.jobs.read(name);
    if (kept === null || !this.#deps.keepsLogs()) return;
    const backend = this.#deps.backends[kept.plan.kind];
    const seen = await this.#look(backend, kept, false);
    followRanks(this.#deps.logs, kept, seen, backend.status(kept.submitted, seen));
    await this.#ends.logsSettled(seen);
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

  async #act(look: Look, unmet: string | null): Promise<void> {
    const { backend, kept, seen, told } = look;
    const { jobs } = this.#deps;
    if (kept.state.endedBy !== null) {
      // The deletion may have failed, or whoever began it has died.
      if (seen.job !== null && seen.job.metadata.deletionTimestamp === undefined) {
        await deleteObjects(this.#deps, kept, backend);
      }
      return;
    }
    const why =
      (await this.#late(kept, told.phase)) ??
      missedMeeting(kept, unmet, Date.now()) ??
      this.#dead.overdue(kept.place.name, told, (ms) => this.#later(kept.place.name, ms));
    if (why === null) return;
    // A cluster that cannot be reached, or a view that lags behind, ends no job.
    const live = await this.#look(backend, kept, true);
    const now = backend.status(kept.submitted, live);
    if (live.job === null || now.phase !== told.phase) return;
    this.#keepPods({ ...look, seen: live }, () => true);
    const found = backend.status(kept.submitted, { ...live, job: null, endedBy: why }).cause;
    // What it waited for was said all the time; it is why it did not come to anything.
    const waited = why.why === 'deadline' && now.phase !== 'running' ? now.reason : null;
    const cause = found === null || waited === null ? found : { ...found, message: `${why.reason}: ${waited}` };
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
}

function isOver(pod: KubeObject): boolean {
  return ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase') ?? '');
}

/** A pod without its description: what it was asked to be is in the job. */
function statusOnly(pod: KubeObject): KubeObject {
  return { ...pod, spec: { nodeName: textAt(pod, 'spec', 'nodeName') ?? undefined } };
}
