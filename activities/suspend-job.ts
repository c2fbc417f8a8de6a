import type { SuspendRef } from '../domain/activities.ts';
import type { ActivityDeps } from './deps.ts';
import type { StepScope } from './step.ts';

/** Brings a job into the wished state; a job that is in it already is left as it is. */
export async function suspendJob(
  { jobs }: ActivityDeps,
  _scope: StepScope,
  { job, suspended, by }: SuspendRef,
): Promise<void> {
  await jobs.suspend(job, { suspended, by });
}
