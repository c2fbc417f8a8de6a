import type { GatedRef } from '../domain/activities.ts';
import type { GateOffer, GateView } from '../domain/gates/gate.ts';
import { gateBehind } from '../domain/gates/next-gate.ts';
import type { Stage } from '../domain/stage.ts';
import { endJobs } from './end-jobs.ts';
import type { RunContext } from './run-context.ts';
import { runJob } from './run-job.ts';

/** A stage after `resolve`: what it does, and how it is undone when the run ends otherwise than well. */
export interface StageStep {
  /** `gate`: what was decided before it, for the record. */
  run(context: RunContext, gate: GateView | null): Promise<void>;
  /** Answers what could not be undone. */
  compensate(context: RunContext): Promise<readonly string[]>;
}

const nothing = async (): Promise<readonly string[]> => [];

/** The stage table. `resolve` is not in it: it makes the plan that says which of these run. */
export const STAGE_STEPS: Readonly<Record<Exclude<Stage, 'resolve'>, StageStep>> = {
  fetch: {
    run: async (context) => {
      const fetched = await context.activities.fetch({ runId: context.summary.runId });
      keepOffer(context, 'fetch', fetched?.offer);
    },
    compensate: nothing,
  },
  train: {
    run: async (context, gate) => {
      const { offer } = await runJob(context, 'train', gate);
      keepOffer(context, 'train', offer);
    },
    compensate: endJobs,
  },
  package: {
    run: async (context) => {
      const { offer } = await runJob(context, 'package', null);
      keepOffer(context, 'package', offer);
    },
    compensate: endJobs,
  },
  push: {
    run: async (context, gate) => {
      const { commit, offer } = await context.activities.push(gated(context, gate));
      context.apply({ type: 'pushed', commit });
      keepOffer(context, 'push', offer);
    },
    // The branch is the commit point: once it is there it is kept, and the view says so.
    compensate: nothing,
  },
  register: {
    run: async (context, gate) => {
      const service = await context.activities.register(gated(context, gate));
      context.apply({ type: 'registered', service });
    },
    // The activity itself brings back the version before when it fails or is cancelled.
    compensate: nothing,
  },
};

function gated({ summary: { runId } }: RunContext, gate: GateView | null): GatedRef {
  return gate === null ? { runId } : { runId, gate };
}

/** What a stage saw is what the gate right behind it is about. */
function keepOffer({ summary, offers }: RunContext, stage: Stage, offer: GateOffer | undefined): void {
  const gate = gateBehind(summary.stages, summary.gates, stage);
  if (gate === null) return;
  // A stage that ran again without saying what it saw has made what was seen before stale.
  if (offer === undefined) offers.delete(gate.stage);
  else offers.set(gate.stage, offer);
}
