import { SHOWN_ATTEMPTS } from './attempt.ts';
import { planStages } from './plan-stages.ts';
import type { RunRecord } from './record.ts';
import { initialView } from './run-reducer.ts';
import type { RunView, StageStatus } from './run-state.ts';
import type { Stage } from './stage.ts';

/**
 * The view of a run that only its record tells of: nobody answers for it, or it was terminated. A stage counts as done
 * when the record holds what it left, or `reached`, the stage the run was last known in, comes after it. Nothing is
 * known of the times of stages, nor of more attempts than one; the status is `running`, also of a parked run.
 */
export function viewOfRecord(record: RunRecord, reached: Stage | null = null): RunView {
  const { plan, commit } = record;
  const enabled = planStages(plan);
  const current = currentStage(record, enabled, reached);
  const first = initialView(record.workflowId, plan.startedAt);
  return {
    ...first,
    name: plan.name,
    displayName: plan.displayName,
    project: plan.project,
    stage: current ?? enabled.at(-1) ?? null,
    stages: first.stages.map((stage) => {
      const status = statusOf(record, stage.name, enabled, current);
      return { ...stage, status, attempts: status === 'done' || status === 'running' ? 1 : 0 };
    }),
    output: plan.output === null ? null : { url: plan.output.url, branch: plan.output.branch, commit },
    service: record.service,
    metrics: record.metrics,
    ...(record.attempts === undefined ? {} : { attempts: record.attempts.slice(-SHOWN_ATTEMPTS) }),
    ...(record.rerunOf === undefined ? {} : { rerunOf: record.rerunOf }),
  };
}

/** The first stage of which nothing says that it is over; `null` if the last one is. */
function currentStage(record: RunRecord, enabled: readonly Stage[], reached: Stage | null): Stage | null {
  const left = enabled.findLastIndex((stage) => hasLeft(record, stage));
  const known = reached === null ? -1 : enabled.indexOf(reached);
  return enabled[Math.max(left + 1, known)] ?? null;
}

/** Whether a stage has left its result. `train` and `package` leave theirs in folders, not in the record. */
function hasLeft(record: RunRecord, stage: Stage): boolean {
  if (isReused(record, stage)) return true;
  if (stage === 'fetch') return record.checkouts !== null;
  if (stage === 'push') return record.commit !== null;
  if (stage === 'register') return record.service !== null;
  // Nobody writes a record before the plan.
  return stage === 'resolve';
}

function isReused({ plan }: RunRecord, stage: Stage): boolean {
  return plan.inherited?.reused.includes(stage) === true;
}

function statusOf(record: RunRecord, stage: Stage, enabled: readonly Stage[], current: Stage | null): StageStatus {
  if (!enabled.includes(stage)) return 'off';
  if (isReused(record, stage)) return 'reused';
  if (current === null || enabled.indexOf(stage) < enabled.indexOf(current)) {
    // The commit is written down before the stage after it begins.
    return stage === 'push' && record.commit === null ? 'skipped' : 'done';
  }
  return stage === current ? 'running' : 'waiting';
}
