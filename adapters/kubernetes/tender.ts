import type { JobStatus } from '../../domain/job.ts';
import { isTerminal } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { JobEnded, JobProgressed } from '../../ports/jobs.ts';
import { KubeFailure } from './failure.ts';
import type { Judge } from './judge.ts';
import type { KeptJobs } from './kept-jobs.ts';

/** Milliseconds. */
export interface TenderTimes {
  /** Between looks for jobs that other processes submitted or wait for. */
  readonly scan: number;
  /** Between looks at every job, for deadlines and for what no event tells. */
  readonly sweep: number;
  /** Between tries to create a job that had to wait. */
  readonly create: number;
}

export interface TenderDeps {
  readonly jobs: KeptJobs;
  readonly judge: Judge;
  /** Watches what jobs of this backend consist of. */
  readonly watchFor: (kind: ClusterBackendKind) => void;
  /** Tries once more to create a job that waits; notes with the job what is refused for good. */
  readonly create: (name: string) => Promise<void>;
  /** Called after an end was told: what is left of the job on the cluster may go. */
  readonly told: (name: string) => Promise<void>;
  readonly times: TenderTimes;
}

interface Tended {
  busy: boolean;
  again: boolean;
  failures: number;
  notBefore: number;
  progress: string;
  timer: NodeJS.Timeout | null;
}

export interface Tender {
  /** Something of this job has changed. */
  changed(name: string): void;
  stop(): Promise<void>;
}

const MAX_BACKOFF_MS = 30_000;
/** Jobs looked at side by side. */
const AT_ONCE = 32;

/** Looks at every active job when something of it changes, and tells its end to whoever expects it. */
export function startTender(deps: TenderDeps, ended: JobEnded, progressed: JobProgressed | undefined): Tender {
  return new LiveTender(deps, ended, progressed);
}

class LiveTender implements Tender {
  readonly #deps: TenderDeps;
  readonly #ended: JobEnded;
  readonly #progressed: JobProgressed | undefined;
  readonly #tended = new Map<string, Tended>();
  readonly #queue: string[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #tidying = new Set<Promise<void>>();
  readonly #timers: readonly NodeJS.Timeout[];
  #stopped = false;

  constructor(deps: TenderDeps, ended: JobEnded, progressed: JobProgressed | undefined) {
    this.#deps = deps;
    this.#ended = ended;
    this.#progressed = progressed;
    deps.judge.onLater((name, ms) => this.#later(name, ms));
    this.#timers = [
      setInterval(() => this.#scan(false), deps.times.scan),
      setInterval(() => this.#scan(true), deps.times.sweep),
    ];
    this.#scan(true);
  }

  changed(name: string): void {
    this.#ask(name, true);
  }

  /** What has changed comes before what is only looked at in turn. */
  #ask(name: string, first: boolean): void {
    if (this.#stopped || !this.#deps.jobs.isActive(name)) return;
    const job = this.#tended.get(name) ?? this.#begin(name);
    job.again = true;
    if (job.busy) return;
    const wait = job.notBefore - Date.now();
    if (wait > 0) return this.#later(name, wait);
    job.busy = true;
    if (first) this.#queue.unshift(name);
    else this.#queue.push(name);
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const name of this.#tended.keys()) this.#forget(name);
    await Promise.allSettled([...this.#running, ...this.#tidying]);
  }

  #begin(name: string): Tended {
    const job: Tended = { busy: false, again: false, failures: 0, notBefore: 0, progress: '', timer: null };
    this.#tended.set(name, job);
    const kept = this.#deps.jobs.read(name);
    if (kept !== null) this.#deps.watchFor(kept.plan.kind);
    return job;
  }

  #later(name: string, ms: number): void {
    const job = this.#tended.get(name);
    if (this.#stopped || job === undefined) return;
    if (job.timer !== null) clearTimeout(job.timer);
    job.timer = setTimeout(() => {
      job.timer = null;
      this.changed(name);
    }, ms);
  }

  #pump(): void {
    while (!this.#stopped && this.#running.size < AT_ONCE) {
      const name = this.#queue.shift();
      if (name === undefined) return;
      const job = this.#tended.get(name);
      if (job === undefined) continue;
      const work = this.#tend(name, job).finally(() => {
        job.busy = false;
        this.#running.delete(work);
        if (job.again) this.changed(name);
        this.#pump();
      });
      this.#running.add(work);
    }
  }

  async #tend(name: string, job: Tended): Promise<void> {
    job.again = false;
    try {
      await this.#look(name, job);
      job.failures = 0;
      job.notBefore = 0;
    } catch (error) {
      // The cluster, or whoever is told, may be out of reach.
      job.failures += 1;
      const pause = Math.min(500 * 2 ** (job.failures - 1), MAX_BACKOFF_MS) * (0.5 + Math.random());
      const asked = error instanceof KubeFailure ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
      job.notBefore = Date.now() + Math.max(pause, asked);
      job.again = false;
      this.#later(name, Math.max(pause, asked));
    }
  }

  async #look(name: string, job: Tended): Promise<void> {
    const kept = this.#deps.jobs.read(name);
    if (kept === null) return this.#forget(name);
    const { uid, waiting, endedBy, suspended, final } = kept.state;
    if (uid === null && waiting !== null && endedBy === null && suspended === null && final === null) {
      // Soon again, whatever comes of this try.
      this.#later(name, this.#deps.times.create);
      await this.#deps.create(name);
    }
    const status = await this.#deps.judge.status(name, { live: false });
    if (status === null || this.#stopped) return;
    if (isTerminal(status.phase)) return await this.#tellEnd(name, status);
    await this.#tellProgress(name, job, status);
  }

  async #tellProgress(name: string, job: Tended, status: JobStatus): Promise<void> {
    const progress = `${status.phase} ${status.reason ?? ''}`;
    const place = this.#deps.jobs.read(name)?.place;
    const waiter = place === undefined ? null : this.#deps.jobs.waiter(place);
    if (progress === job.progress || waiter === null || this.#progressed === undefined) return;
    await this.#progressed(status, waiter);
    job.progress = progress;
  }

  async #tellEnd(name: string, status: JobStatus): Promise<void> {
    const { jobs, told } = this.#deps;
    const place = jobs.read(name)?.place;
    if (place === undefined) return this.#forget(name);
    const waiter = jobs.waiter(place);
    if (waiter !== null) await this.#ended(status, waiter);
    jobs.deactivate(name);
    if (jobs.waiter(place)?.at !== waiter?.at) {
      // A waiter came meanwhile and found the entry still there.
      jobs.activate(place);
      return this.changed(name);
    }
    this.#forget(name);
    this.#tidy(told(name));
  }

  /** Takes no place of those who are still to be told. */
  #tidy(work: Promise<void>): void {
    const tidied = work.catch(() => undefined).finally(() => this.#tidying.delete(tidied));
    this.#tidying.add(tidied);
  }

  #forget(name: string): void {
    const job = this.#tended.get(name);
    if (job?.timer != null) clearTimeout(job.timer);
    this.#tended.delete(name);
  }

  #scan(all: boolean): void {
    for (const name of this.#deps.jobs.activeNames()) {
      if (all || !this.#tended.has(name)) this.#ask(name, false);
    }
  }
}
