import type { ClusterBackend } from '../../domain/cluster-job.ts';
import type { JobStatus } from '../../domain/job.ts';
import { isTerminal } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { JobEnded, JobProgressed } from '../../ports/jobs.ts';
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

interface TenderDeps {
  readonly jobs: KeptJobs;
  readonly judge: Judge;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  /** Watches what jobs of this backend consist of. */
  readonly watchFor: (backend: ClusterBackend) => void;
  /** Tries once more to create a job that waits. */
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
const AT_ONCE = 16;

/** Looks at every active job when something of it changes, and tells its end to whoever expects it. */
export function startTender(deps: TenderDeps, ended: JobEnded, progressed: JobProgressed | undefined): Tender {
  const tended = new Map<string, Tended>();
  const queue: string[] = [];
  const running = new Set<Promise<void>>();
  let stopped = false;

  function changed(name: string): void {
    if (stopped || !deps.jobs.isActive(name)) return;
    const job = tended.get(name) ?? create(name);
    job.again = true;
    if (job.busy) return;
    const wait = job.notBefore - Date.now();
    if (wait > 0) return later(name, wait);
    job.busy = true;
    queue.push(name);
    pump();
  }

  function create(name: string): Tended {
    const job: Tended = { busy: false, again: false, failures: 0, notBefore: 0, progress: '', timer: null };
    tended.set(name, job);
    const kept = deps.jobs.read(name);
    if (kept !== null) deps.watchFor(deps.backends[kept.plan.kind]);
    return job;
  }

  function later(name: string, ms: number): void {
    const job = tended.get(name);
    if (stopped || job === undefined) return;
    if (job.timer !== null) clearTimeout(job.timer);
    job.timer = setTimeout(() => {
      job.timer = null;
      changed(name);
    }, ms);
  }

  function pump(): void {
    while (!stopped && running.size < AT_ONCE) {
      const name = queue.shift();
      const job = name === undefined ? undefined : tended.get(name);
      if (name === undefined) return;
      if (job === undefined) continue;
      const work = tend(name, job).finally(() => {
        job.busy = false;
        running.delete(work);
        if (job.again) changed(name);
        pump();
      });
      running.add(work);
    }
  }

  async function tend(name: string, job: Tended): Promise<void> {
    job.again = false;
    try {
      await look(name, job);
      job.failures = 0;
      job.notBefore = 0;
    } catch {
      // The cluster, or whoever is told, may be out of reach.
      job.failures += 1;
      const pause = Math.min(500 * 2 ** (job.failures - 1), MAX_BACKOFF_MS) * (0.5 + Math.random());
      job.notBefore = Date.now() + pause;
      job.again = false;
      later(name, pause);
    }
  }

  async function look(name: string, job: Tended): Promise<void> {
    const kept = deps.jobs.read(name);
    if (kept === null) return forget(name);
    if (kept.state.uid === null && kept.state.waiting !== null && kept.state.endedBy === null) {
      await deps.create(name);
      later(name, deps.times.create);
    }
    const status = await deps.judge.status(name, { live: false });
    if (status === null || stopped) return;
    if (isTerminal(status.phase)) return await tellEnd(name, status);
    await tellProgress(name, job, status);
  }

  async function tellProgress(name: string, job: Tended, status: JobStatus): Promise<void> {
    const progress = `${status.phase} ${status.reason ?? ''}`;
    const place = deps.jobs.read(name)?.place;
    const waiter = place === undefined ? null : deps.jobs.waiter(place);
    if (progress === job.progress || waiter === null || progressed === undefined) return;
    await progressed(status, waiter);
    job.progress = progress;
  }

  async function tellEnd(name: string, status: JobStatus): Promise<void> {
    const place = deps.jobs.read(name)?.place;
    if (place === undefined) return forget(name);
    const waiter = deps.jobs.waiter(place);
    if (waiter !== null) await ended(status, waiter);
    deps.jobs.deactivate(name);
    if (deps.jobs.waiter(place)?.at !== waiter?.at) {
      // A waiter came meanwhile and found the entry still there.
      deps.jobs.activate(place);
      return changed(name);
    }
    forget(name);
    await deps.told(name).catch(() => undefined);
  }

  function forget(name: string): void {
    const job = tended.get(name);
    if (job?.timer != null) clearTimeout(job.timer);
    tended.delete(name);
  }

  function scan(all: boolean): void {
    for (const name of deps.jobs.activeNames()) {
      if (all || !tended.has(name)) changed(name);
    }
  }

  deps.judge.onLater(later);
  const timers = [setInterval(() => scan(false), deps.times.scan), setInterval(() => scan(true), deps.times.sweep)];
  scan(true);
  return {
    changed,
    async stop() {
      stopped = true;
      for (const timer of timers) clearInterval(timer);
      for (const name of tended.keys()) forget(name);
      await Promise.allSettled(running);
    },
  };
}
