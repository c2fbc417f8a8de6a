import type { ErrorReport } from './errors.ts';
import type { JobPurpose, JobVerdict } from './job.ts';
import type { PlanSummary } from './plan.ts';
import type { RunView, ServiceView } from './run-state.ts';
import type { Stage } from './stage.ts';

/** How activities find a run: its plan is in the workspace, not in history. */
export interface RunRef {
  readonly runId: string;
}

export interface JobRef extends RunRef {
  readonly purpose: JobPurpose;
  readonly attempt: number;
}

export interface CancelRef extends RunRef {
  /** Names of the jobs that may exist. */
  readonly jobs: readonly string[];
  readonly graceSeconds: number;
}

/** The last word on a run. */
export interface Conclusion extends RunRef {
  readonly view: RunView;
}

/** The site of a spec has its own workspace, which only the workers of this queue see. */
export interface ResolveElsewhere {
  readonly siteQueue: string;
}

/** The steps a run takes in the world. At-least-once: each looks for its effect before making it. */
export interface TrainyardActivities {
  /** Answers where to ask instead when the spec's site is served by another queue. */
  resolve(input: unknown): Promise<PlanSummary | ResolveElsewhere>;
  fetch(run: RunRef): Promise<void>;
  submitJob(job: JobRef): Promise<void>;
  awaitJob(job: JobRef): Promise<JobVerdict>;
  push(run: RunRef): Promise<{ readonly commit: string }>;
  register(run: RunRef): Promise<ServiceView>;
  /** Fails until what parked the run is mended; the server's retry interval is the check's interval. */
  probe(check: RunRef & { readonly stage: Stage; readonly error: ErrorReport }): Promise<void>;
  /** Ends jobs; answers what could not be removed. */
  cancelJobs(cancel: CancelRef): Promise<readonly string[]>;
  conclude(end: Conclusion): Promise<void>;
}
