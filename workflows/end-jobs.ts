import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { FORCE_SIGNAL } from '../domain/messages.ts';
import { reportOf } from './failures.ts';
import { urgentActivities } from './proxies.ts';
import type { RunContext } from './run-context.ts';

const forceSignal = defineSignal(FORCE_SIGNAL);

/** Whether somebody does not want to wait for the grace of what is being ended. */
export type Forced = () => boolean;

/** Sets the signal's handler; synchronously, before anything is awaited. */
export function createForce(): Forced {
  let forced = false;
  setHandler(forceSignal, () => {
    forced = true;
  });
  return () => forced;
}

/** Ends the jobs of a run, each with its grace; once it is forced, at once. Answers what could not be ended. */
export async function endJobs(context: RunContext): Promise<readonly string[]> {
  const jobs = context.jobs.splice(0);
  if (jobs.length === 0) return [];
  const { runId, graceSeconds } = context.summary;
  if (!context.forced()) {
    const calm = context.activities.cancelJobs({ runId, jobs, graceSeconds });
    const left = await Promise.race([calm, condition(context.forced).then(() => null)]);
    if (left !== null) return left;
  }
  return await endNow(context, jobs);
}

/** Whoever forces it waits for a minute or two and no longer, also for a cluster that does not answer. */
async function endNow({ summary }: RunContext, jobs: readonly string[]): Promise<readonly string[]> {
  try {
    return await urgentActivities(summary).cancelJobs({ runId: summary.runId, jobs, graceSeconds: 0 });
  } catch (error) {
    const { code, message } = reportOf(error);
    return jobs.map((job) => `job ${job}: nobody saw it end: ${code}: ${message}`);
  }
}
