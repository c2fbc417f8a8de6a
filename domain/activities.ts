import type { AttemptView } from './attempt.ts';
import type { ErrorReport } from './errors.ts';
import type { GatedStage, GateOffer, GateView } from './gates/gate.ts';
import type { JobPurpose, JobVerdict } from './job.ts';
import type { PlanSummary, SlotPlan } from './plan.ts';
import type { RunView, ServiceView } from './run-state.ts';
import type { SlotPlace, SlotWish } from './slots.ts';
import type { Stage } from './stage.ts';
import type { SuspendWish } from './suspend.ts';

/** How activities find a run: its plan is in the workspace, not in history. */
export interface RunRef {
  readonly runId: string;
}

export interface JobRef extends GatedRef {
  readonly purpose: JobPurpose;
  readonly attempt: number;
}

/** A job to submit, and how the one before it ended; it is kept in the record by this step. */
export interface SubmitRef extends JobRef {
  readonly previous?: AttemptView;
}

export interface SubmittedJob {
  /** Relative to the output folder; `null` = it begins anew. */
  readonly resumedFrom: string | null;
}

export interface CancelRef extends RunRef {
  /** Names of the jobs that may exist. */
  readonly jobs: readonly string[];
  readonly graceSeconds: number;
}

/** A run, and what was decided at the gate before this step. */
export interface GatedRef extends RunRef {
  /** Left out where there is no gate; kept in the run's record by the step. */
  readonly gate?: GateView;
}

/** A job that is to be suspended or resumed. */
export interface SuspendRef extends RunRef, SuspendWish {
  /** Its name. */
  readonly job: string;
}

/** A change of the spec of a parked run. */
export interface AmendRef extends RunRef {
  /** Where it is parked: what the stages before have read cannot be changed. */
  readonly stage: Stage;
  /** `path=value`. */
  readonly set: readonly string[];
  /** The same change is made once. */
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
}

/** What a run is parked for. Times are RFC 3339. */
export interface ParkedRef extends RunRef {
  readonly stage: Stage;
  readonly error: ErrorReport;
  readonly at: string;
  readonly until: string;
}

/** The last word on a run. */
export interface Conclusion extends RunRef {
  readonly view: RunView;
}

/** What comes with a run besides its spec. */
export interface ResolveRequest {
  /** Who says to have asked for it; checked by `resolve`. */
  readonly requester?: unknown;
  /** The run that it goes on from, a `RerunRequest`; checked by `resolve`. */
  readonly rerun?: unknown;
}

/** What a step saw for the gate right behind it; left out where there is none. */
export interface Offered {
  readonly offer?: GateOffer;
}

/** The site of a spec has its own workspace, which only the workers of this queue see. */
export interface ResolveElsewhere {
  readonly siteQueue: string;
}

export interface SlotRef {
  readonly slot: SlotPlan;
  /** Where workflows run; the queue of a site runs none. */
  readonly workflowQueue: string;
}

/** What the workflow that hands out slots does in the world. */
export interface SlotActivities {
  /** Lets runs go on, and tells others where they stand; answers those that are there no more. */
  handOutSlots(given: {
    readonly granted: readonly SlotWish[];
    readonly places: readonly SlotPlace[];
  }): Promise<readonly SlotWish[]>;
  /** Those of these runs that have ended without saying so. */
  endedRuns(runs: readonly SlotWish[]): Promise<readonly SlotWish[]>;
}

/** The steps a run takes in the world. At-least-once: each looks for its effect before making it. */
export interface TrainyardActivities {
  /** Answers where to ask instead when the spec's site is served by another queue. */
  resolve(input: unknown, request?: ResolveRequest): Promise<PlanSummary | ResolveElsewhere>;
  /** Answers what the gate behind it is offered, if there is one. */
  fetch(run: RunRef): Promise<Offered | void>;
  /** Answers the checkpoint that the job goes on from; nothing in histories of before. */
  submitJob(job: SubmitRef): Promise<SubmittedJob | void>;
  awaitJob(job: JobRef): Promise<JobVerdict>;
  push(run: GatedRef): Promise<{ readonly commit: string } & Offered>;
  register(run: GatedRef): Promise<ServiceView>;
  /** What the gate before a stage is offered, where no step before it could say. */
  offerGate(gate: RunRef & { readonly stage: GatedStage }): Promise<GateOffer>;
  /** Waits, holding nothing, until the project lets the run go on. */
  takeSlot(wish: SlotRef): Promise<void>;
  /** Lets somebody else go on. */
  freeSlot(slot: SlotRef): Promise<void>;
  /** Fails until what parked the run is mended; the server's retry interval is the check's interval. */
  probe(check: RunRef & { readonly stage: Stage; readonly error: ErrorReport }): Promise<void>;
  /** Has people told that the run is parked. */
  tellParked(parked: ParkedRef): Promise<void>;
  /** Copies what a rerun takes over into its own folders. */
  takeOver(run: RunRef): Promise<void>;
  /** Changes the spec of a parked run and answers its new plan. */
  amend(change: AmendRef): Promise<PlanSummary>;
  /** Suspends or resumes a job; one that is so already is left as it is. */
  suspendJob(wish: SuspendRef): Promise<void>;
  /** Ends jobs; answers what could not be removed. */
  cancelJobs(cancel: CancelRef): Promise<readonly string[]>;
  conclude(end: Conclusion): Promise<void>;
}
