import type { RerunStage } from './rerun.ts';
import { RERUN_STAGES } from './rerun.ts';
import type { StageView } from './run-state.ts';
import { STAGES, type Stage } from './stage.ts';

/** What is left of a run. */
export interface Left {
  /** Checked-out sources. */
  readonly checkouts: boolean;
  readonly output: boolean;
  readonly package: boolean;
  /** Whether the run pushed, or was not to. */
  readonly commit: boolean;
}

/** What a run is taken up again with. */
export interface Reusable {
  readonly stages: readonly Pick<StageView, 'name' | 'status'>[];
  readonly left: Left;
  /** Stages of the new run, in order. */
  readonly planned: readonly Stage[];
}

/** Why a run cannot be taken up from a stage; `null` if it can. */
export function whyNotFrom(from: RerunStage, run: Reusable): string | null {
  const { planned, left } = run;
  if (!planned.includes(from)) return `stage ${from} is switched off in the spec`;
  const unfinished = before(from, planned).find((stage) => stage !== 'resolve' && !isDone(run, stage));
  if (unfinished !== undefined) return `the run never finished stage ${unfinished}`;
  const packaged = planned.includes('package');
  const needed: Readonly<Record<RerunStage, readonly (keyof Left)[]>> = {
    fetch: [],
    train: ['checkouts'],
    package: ['checkouts', 'output'],
    push: [packaged ? 'package' : 'output'],
    register: ['package', 'commit'],
  };
  const gone = needed[from].find((what) => !left[what]);
  return gone === undefined ? null : GONE[gone];
}

/** The latest stage that the run can be taken up from; there is always one. */
export function latestStage(run: Reusable): RerunStage {
  return RERUN_STAGES.findLast((stage) => whyNotFrom(stage, run) === null) ?? 'fetch';
}

/** Stages that a run from here takes over. */
export function reusedStages(from: RerunStage, planned: readonly Stage[]): readonly Stage[] {
  return before(from, planned).filter((stage) => stage !== 'resolve');
}

const GONE: Readonly<Record<keyof Left, string>> = {
  checkouts: 'its checked-out sources have been removed',
  output: 'what it trained has been removed',
  package: 'its package has been removed',
  commit: 'it pushed no commit',
};

function before(from: Stage, planned: readonly Stage[]): readonly Stage[] {
  return planned.filter((stage) => STAGES.indexOf(stage) < STAGES.indexOf(from));
}

function isDone({ stages }: Reusable, name: Stage): boolean {
  const status = stages.find((stage) => stage.name === name)?.status;
  return status === 'done' || status === 'reused';
}
