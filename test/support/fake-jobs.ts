import { TrainyardError } from '../../domain/errors.ts';
import { isTerminal } from '../../domain/job.ts';
import type { FailureCause, JobRequest, JobStatus, StepName } from '../../domain/job.ts';
import { notSuspendable } from '../../domain/suspend.ts';
import type { SuspendWish } from '../../domain/suspend.ts';
import type { JobEnded, Jobs, Waiter, Watch } from '../../ports/jobs.ts';

/** How a job ends; `runs` = not before `finish` or `cancel` is called. */
export type FakeOutcome =
  | 'runs'
  | {
      readonly phase: 'succeeded' | 'failed' | 'cancelled';
      readonly cause?: FailureCause | null;
      readonly stepSeconds?: Readonly<Partial<Record<StepName, number>>>;
    };

export const SUCCEEDS: FakeOutcome = { phase: 'succeeded' };

/** A failure of the given exit code, as rank 0 of the first role. */
export function exits(exitCode: number, lastLines: readonly string[] = []): FakeOutcome {
  const cause: FailureCause = {
    kind: 'exit-code',
    code: 'TY_JOB_EXIT_CODE',
    budget: 'code',
    message: `train rank 0 ended with exit code ${exitCode} in its train step`,
    step: 'train',
    role: 'train',
    rank: 0,
    exitCode,
    signal: null,
    lastLines,
  };
  return { phase: 'failed', cause };
}

interface FakeJob {
  readonly request: JobRequest;
  status: JobStatus;
  waiter: Waiter | null;
}

/** Jobs in memory whose outcomes a test scripts. Nothing runs; a scripted end comes at once. */
export class FakeJobs implements Jobs {
  /** Every submission that was not an adoption. */
  readonly submitted: JobRequest[] = [];
  /** Names given to `cancel`, unknown ones too. */
  readonly cancelled: string[] = [];
  /** Thrown by `preflight` while set. */
  lacking: TrainyardError | null = null;
  readonly #script: (request: JobRequest) => FakeOutcome;
  readonly #jobs = new Map<string, FakeJob>();
  readonly #watchers = new Set<JobEnded>();
  #nextPid = 1000;

  constructor(script: (request: JobRequest) => FakeOutcome = () => SUCCEEDS) {
    this.#script = script;
  }

  submit(request: JobRequest): Promise<{ readonly adopted: boolean }> {
    const found = this.#jobs.get(request.name)?.request;
    if (found !== undefined) {
      if (found.runId === request.runId && found.attempt === request.attempt) return Promise.resolve({ adopted: true });
      return Promise.reject(new TrainyardError('TY_JOB_NAME_TAKEN', `a job named ${request.name} exists already`));
    }
    this.submitted.push(request);
    const status = firstStatus(request, this.#nextPid);
    this.#nextPid += status.ranks.length;
    this.#jobs.set(request.name, { request, status, waiter: null });
    this.finish(request.name, this.#script(request));
    return Promise.resolve({ adopted: false });
  }

  /** Ends a job that runs; one that has ended keeps its result. */
  finish(name: string, outcome: FakeOutcome): void {
    const job = this.#jobs.get(name);
    if (job === undefined || outcome === 'runs' || isTerminal(job.status.phase)) return;
    const cause = outcome.cause ?? null;
    const now = new Date().toISOString();
    const ranks = job.status.ranks.map((rank) => ({
      ...rank,
      finishedAt: now,
      exitCode: cause?.rank === rank.rank ? cause.exitCode : 0,
    }));
    job.status = {
      ...job.status,
      phase: outcome.phase,
      finishedAt: now,
      cause,
      ranks,
      stepSeconds: outcome.stepSeconds ?? { train: 0 },
    };
    void this.#tell(job);
  }

  read(name: string): Promise<JobStatus | null> {
    return Promise.resolve(this.#jobs.get(name)?.status ?? null);
  }

  active(): Promise<readonly string[]> {
    const jobs = [...this.#jobs.values()].filter(({ status }) => !isTerminal(status.phase));
    return Promise.resolve(jobs.map(({ request }) => request.name));
  }

  expect(name: string, waiter: Waiter): Promise<void> {
    const job = this.#jobs.get(name);
    if (job === undefined)
      return Promise.reject(new TrainyardError('TY_JOB_LOST', `there is no job ${name} to wait for`));
    job.waiter = waiter;
    void this.#tell(job);
    return Promise.resolve();
  }

  cancel(name: string): Promise<void> {
    this.cancelled.push(name);
    this.finish(name, { phase: 'cancelled' });
    return Promise.resolve();
  }

  sweep(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  suspend(name: string, { suspended, by }: SuspendWish): Promise<void> {
    const job = this.#jobs.get(name);
    if (job === undefined || isTerminal(job.status.phase)) return Promise.reject(notSuspendable(name, 'it has ended'));
    const reason = suspended ? `suspended by ${by ?? 'somebody'}` : null;
    job.status = { ...job.status, phase: suspended ? 'queued' : 'running', reason };
    return Promise.resolve();
  }

  watch(ended: JobEnded): Promise<Watch> {
    this.#watchers.add(ended);
    for (const job of this.#jobs.values()) void this.#tell(job);
    return Promise.resolve({
      stop: () => {
        this.#watchers.delete(ended);
        return Promise.resolve();
      },
    });
  }

  preflight(): Promise<void> {
    return this.lacking === null ? Promise.resolve() : Promise.reject(this.lacking);
  }

  /** Tells an expected end to one watcher until it is taken. */
  async #tell(job: FakeJob): Promise<void> {
    await Promise.resolve();
    const [ended] = this.#watchers;
    const { waiter } = job;
    if (ended === undefined || waiter === null || !isTerminal(job.status.phase)) return;
    job.waiter = null;
    try {
      await ended(job.status, waiter);
    } catch {
      job.waiter = waiter;
      setImmediate(() => void this.#tell(job));
    }
  }
}

function firstStatus(request: JobRequest, firstPid: number): JobStatus {
  const now = new Date().toISOString();
  const ranks = request.plan.roles.flatMap((role) =>
    Array.from({ length: role.replicas * (role.launcher === 'torchrun' ? role.procsPerReplica : 1) }, () => role),
  );
  return {
    name: request.name,
    runId: request.runId,
    attempt: request.attempt,
    purpose: request.plan.purpose,
    phase: 'running',
    reason: null,
    submittedAt: now,
    startedAt: now,
    finishedAt: null,
    stepSeconds: {},
    ranks: ranks.map((role, rank) => ({
      role: role.name,
      rank,
      step: role.steps[0]?.name ?? 'train',
      pid: firstPid + rank,
      startedAt: now,
      finishedAt: null,
      exitCode: null,
      signal: null,
    })),
    cause: null,
  };
}
