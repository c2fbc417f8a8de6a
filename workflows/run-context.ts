import type { TrainyardActivities } from '../domain/activities.ts';
import type { PlanSummary } from '../domain/plan.ts';
import type { RunEvent } from '../domain/run-reducer.ts';
import type { Stage } from '../domain/stage.ts';

/** What the stages of one run share. Lives in the workflow's closure, never at module level. */
export interface RunContext {
  readonly summary: PlanSummary;
  readonly activities: Omit<TrainyardActivities, 'resolve' | 'awaitJob'>;
  apply(event: RunEvent): void;
  /** Jobs that may exist, newest last. */
  readonly jobs: string[];
  /** Attempts of jobs so far, so that a repaired stage gets a new name. */
  readonly attempts: { train: number; package: number };
  now(): string;
  enter(stage: Stage): void;
}
