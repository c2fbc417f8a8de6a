import type { JobPlan, JobRequest, JobStatus } from '../domain/job.ts';
import type { SuspendWish } from '../domain/suspend.ts';

/** The activity that waits for a job; completed by id the moment the job ends. */
export interface Waiter {
  readonly workflowId: string;
  readonly runId: string;
  readonly activityId: string;
  /** Noted before the activity is there: that nobody waits yet does not mean that nobody will. */
  readonly ahead?: true;
}

/** A waited-for job that has reached a terminal phase. */
export type JobEnded = (status: JobStatus, waiter: Waiter) => void | Promise<void>;

/** A waited-for job of which people can be told something new: another phase, or another reason to wait. */
export type JobProgressed = (status: JobStatus, waiter: Waiter) => void | Promise<void>;

export interface Watch {
  stop(): Promise<void>;
}

/** How jobs run: one implementation a backend. Errors are `TrainyardError`s with `TY_JOB_*` or `TY_SITE_*` codes. */
export interface Jobs {
  /** Creates the job, or adopts the one of the same name if it belongs to the same run and attempt. */
  submit(request: JobRequest): Promise<{ readonly adopted: boolean }>;
  /** A live read; `null` if no such job exists. */
  read(name: string): Promise<JobStatus | null>;
  /** Names of the jobs whose end is still to be told, waited for or not. */
  active(): Promise<readonly string[]>;
  /** Keeps the waiter with the job, durably, so that a later watcher finds it. */
  expect(name: string, waiter: Waiter): Promise<void>;
  /** Ends the job: TERM, grace, KILL. Resolves when no process is left. Idempotent; unknown names are fine. */
  cancel(name: string, graceSeconds: number): Promise<void>;
  /**
   * Stops a job so that it holds nothing and keeps its name, or lets it begin again. One that is so already is left as
   * it is. Throws `TY_BACKEND_SUSPEND` before anything happens where it cannot be done, `TY_RUN_NOT_SUSPENDABLE` for
   * a job that has ended.
   */
  suspend(name: string, wish: SuspendWish): Promise<void>;
  /**
   * One watcher for all jobs of the site. `ended` is called for each expected job that is terminal, also for
   * those that ended while nobody watched, until it resolves without throwing.
   */
  watch(ended: JobEnded, progressed?: JobProgressed): Promise<Watch>;
  /** Removes what ended jobs left behind and need not be kept for any longer; answers their names. */
  sweep(): Promise<readonly string[]>;
  /** What the site lacks to run such jobs; thrown before anything is spent. `torchrun`: a step of them needs torch. */
  preflight(launcher: 'plain' | 'torchrun', plans?: readonly JobPlan[]): Promise<void>;
}
