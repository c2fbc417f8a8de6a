import { mkdirSync } from 'node:fs';
import type {
  EndedBy,
  ProcessJobState,
  ProcessRole,
  ProcessRoleStep,
  SubmittedProcessJob,
} from '../../../domain/process-job.ts';
import type { StepName } from '../../../domain/job.ts';
import { readCancel, writeState } from '../job-files.ts';
import { endGroups, endStrays } from '../process.ts';
import type { ProcessIdentity } from '../process.ts';
import { waitsFor } from './joining.ts';
import { endedWell, markEnding, newRank, startStep } from './rank.ts';
import type { Rank } from './rank.ts';
import { startWatchingOver } from './watching-over.ts';

/** How a job comes to its end. */
export interface Stop {
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'lost';
  /** Noted with the ranks that still run. */
  readonly endedBy: EndedBy;
  readonly graceSeconds: number;
  readonly reason: string | null;
}

/** Ranks whose peer has failed get no longer than this to end by themselves. */
const GANG_GRACE_SECONDS = 8;
/** The grace is for what a rank that ended well has left behind in its group. */
const SUCCESS: Stop = { outcome: 'succeeded', endedBy: 'peer', graceSeconds: 2, reason: null };

/** One job from its first process to its last: starts ranks step by step and ends them all on the first failure. */
export class Supervision {
  readonly ranks: readonly Rank[];
  readonly job: SubmittedProcessJob;
  readonly dir: string;
  readonly #self: ProcessIdentity;
  readonly #stop = Promise.withResolvers<Stop>();
  #stopping = false;
  #startedAt: string | null = null;
  #reason: string | null = null;
  #stepSeconds: Partial<Record<StepName, number>> = {};

  constructor(dir: string, job: SubmittedProcessJob, self: ProcessIdentity) {
    this.dir = dir;
    this.job = job;
    this.#self = self;
    this.ranks = job.spec.roles.flatMap(({ name, ranks, steps }) =>
      ranks.map((rank) => newRank(rank, name, steps[0]?.name ?? 'train')),
    );
  }

  /** Resolves when the final state is written and no process of the job's groups runs. */
  async run(): Promise<void> {
    for (const directory of this.job.spec.directories) mkdirSync(directory, { recursive: true });
    const cancel = readCancel(this.dir);
    if (cancel !== null) this.cancel(cancel.graceSeconds);
    this.#startedAt = new Date().toISOString();
    Promise.all(this.job.spec.roles.map((role) => this.#runRole(role)))
      .then((done) => done.every(Boolean) && this.stop(SUCCESS))
      .catch(this.#stop.reject);
    const watching = startWatchingOver(this);
    const stop = await this.#stop.promise.finally(() => watching.stop());
    await this.#end(stop);
  }

  /** Only the first reason to end counts. */
  stop(stop: Stop): void {
    this.#stopping = true;
    this.#stop.resolve(stop);
  }

  fail(reason: string | null = null): void {
    const graceSeconds = Math.min(this.job.spec.graceSeconds, GANG_GRACE_SECONDS);
    this.stop({ outcome: 'failed', endedBy: 'peer', graceSeconds, reason });
  }

  /** Asked again without any grace, what is being ended already is killed. */
  cancel(graceSeconds: number): void {
    if (this.#stopping && graceSeconds === 0)
      void endGroups(
        this.ranks.flatMap((rank) => rank.groups),
        0,
      );
    this.stop({ outcome: 'cancelled', endedBy: 'cancel', graceSeconds, reason: null });
  }

  /** SIGTERM: a cancel if one was asked for; else the machine is going down, which is nobody's fault. */
  terminate(): void {
    const cancel = readCancel(this.dir);
    if (cancel !== null) return this.cancel(cancel.graceSeconds);
    this.stop({
      outcome: 'lost',
      endedBy: 'shutdown',
      // All of it: what the ranks save now, the next attempt goes on from.
      graceSeconds: this.job.spec.graceSeconds,
      reason: 'the supervisor was told to end, as when a machine shuts down',
    });
  }

  /** Ends whatever has been started, when the supervisor itself cannot go on. */
  async abandon(reason: string): Promise<void> {
    this.stop({ outcome: 'lost', endedBy: 'shutdown', graceSeconds: 0, reason });
    await this.#endProcesses('shutdown', 0);
  }

  note(reason: string | null): void {
    if (reason === this.#reason) return;
    this.#reason = reason;
    this.persist();
  }

  /** Keeps the state; on a full disk the training goes on, and the next change is kept if there is room again. */
  persist(): void {
    try {
      writeState(this.dir, this.state());
    } catch {
      // the final state is written by `#end`, which does not swallow the error
    }
  }

  state(): ProcessJobState {
    return {
      supervisor: this.#self,
      startedAt: this.#startedAt,
      finishedAt: null,
      outcome: null,
      reason: this.#reason,
      stepSeconds: this.#stepSeconds,
      ranks: this.ranks.map((rank) => rank.record),
    };
  }

  /** True when every step of the role has ended well. */
  async #runRole(role: ProcessRole): Promise<boolean> {
    for (const step of role.steps) {
      if (this.#stopping) return false;
      const started = this.#startRanks(step);
      await Promise.all(started.map((rank) => rank.ended));
      if (!started.every(endedWell)) return false;
    }
    return true;
  }

  #startRanks(step: ProcessRoleStep): readonly Rank[] {
    const started: Rank[] = [];
    for (const launch of step.launches) {
      const rank = this.ranks.find((candidate) => candidate.plan.rank === launch.rank);
      if (rank === undefined) continue;
      startStep(rank, step.name, launch, this.job.spec.openFiles, () => this.#rankEnded(rank));
      started.push(rank);
      // One by one: whoever finds this supervisor dead must know every process there is.
      this.#reason = waitsFor(this.ranks);
      this.persist();
    }
    return started;
  }

  #rankEnded(rank: Rank): void {
    const { step, startedAt, finishedAt } = rank.record;
    const seconds = (Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1000;
    this.#stepSeconds = { ...this.#stepSeconds, [step]: Math.max(this.#stepSeconds[step] ?? 0, seconds) };
    if (!endedWell(rank) && !this.#stopping) this.fail();
    this.persist();
  }

  async #end(stop: Stop): Promise<void> {
    await this.#endProcesses(stop.endedBy, stop.graceSeconds);
    if (stop.outcome !== 'succeeded') await endStrays(this.job.request.name, Math.min(stop.graceSeconds, 2));
    const { outcome, reason } = stop;
    writeState(this.dir, { ...this.state(), finishedAt: new Date().toISOString(), outcome, reason });
  }

  async #endProcesses(endedBy: EndedBy, graceSeconds: number): Promise<void> {
    for (const rank of this.ranks) markEnding(rank, endedBy);
    const groups = this.ranks.flatMap((rank) => rank.groups);
    await endGroups(groups, graceSeconds);
    // The system has ended them; their own events may still be on the way.
    const seen = Promise.all(this.ranks.map((rank) => rank.ended));
    await Promise.race([seen, new Promise((resolve) => setTimeout(resolve, 1000))]);
  }
}
