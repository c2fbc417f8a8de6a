import type { Stage } from '../domain/stage.ts';
import type { RunContext } from './run-context.ts';
import { runJob } from './run-job.ts';

/** A stage after `resolve`: what it does, and how it is undone when the run ends otherwise than well. */
export interface StageStep {
  run(context: RunContext): Promise<void>;
  /** Answers what could not be undone. */
  compensate(context: RunContext): Promise<readonly string[]>;
}

const nothing = async (): Promise<readonly string[]> => [];

/** The stage table. `resolve` is not in it: it makes the plan that says which of these run. */
export const STAGE_STEPS: Readonly<Record<Exclude<Stage, 'resolve'>, StageStep>> = {
  fetch: {
    run: ({ activities, summary }) => activities.fetch({ runId: summary.runId }),
    compensate: nothing,
  },
  train: {
    run: async (context) => {
      await runJob(context, 'train');
    },
    compensate: endJobs,
  },
  package: {
    run: async (context) => {
      await runJob(context, 'package');
    },
    compensate: endJobs,
  },
  push: {
    run: async ({ activities, summary, apply }) => {
      const { commit } = await activities.push({ runId: summary.runId });
      apply({ type: 'pushed', commit });
    },
    // The branch is the commit point: once it is there it is kept, and the view says so.
    compensate: nothing,
  },
  register: {
    run: async ({ activities, summary, apply }) => {
      const service = await activities.register({ runId: summary.runId });
      apply({ type: 'registered', service });
    },
    // The activity itself brings back the version before when it fails or is cancelled.
    compensate: nothing,
  },
};

async function endJobs(context: RunContext): Promise<readonly string[]> {
  const jobs = context.jobs.splice(0);
  if (jobs.length === 0) return [];
  const { runId, graceSeconds } = context.summary;
  return await context.activities.cancelJobs({ runId, jobs, graceSeconds });
}
