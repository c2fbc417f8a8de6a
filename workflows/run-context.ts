import type { TrainyardActivities } from '../domain/activities.ts';
import type { GatedStage, GateOffer } from '../domain/gates/gate.ts';
import type { AttemptView } from '../domain/attempt.ts';
import type { PlanSummary } from '../domain/plan.ts';
import type { RunEvent } from '../domain/run-reducer.ts';
import type { Stage } from '../domain/stage.ts';
import type { Forced } from './end-jobs.ts';
import type { Suspension } from './suspend.ts';

/** What the stages of one run share. Lives in the workflow's closure, never at module level. */
export interface RunContext {
  summary: PlanSummary;
  activities: Omit<TrainyardActivities, 'resolve' | 'awaitJob' | 'takeSlot'>;
  apply(event: RunEvent): void;
  /** Jobs that may exist, newest last. */
  readonly jobs: string[];
  /** Attempts of jobs so far, so that a repaired stage gets a new name; and how the last one ended. */
  readonly attempts: { train: number; package: number; last?: AttemptView };
  /** How often it has waited for a slot, so that each wait has a name of its own. */
  slotsTaken: number;
  /** What gates ahead are offered, as far as the steps before them said. */
  readonly offers: Map<GatedStage, GateOffer>;
  /** While a job is waited for, people may suspend it. */
  readonly suspension: Suspension;
  /** Goes on with another plan of the same run, whose spec has been changed. */
  replan(summary: PlanSummary): void;
  readonly forced: Forced;
  now(): string;
  enter(stage: Stage): void;
}
