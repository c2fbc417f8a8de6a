import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ErrorReport } from '../domain/errors.ts';
import type { TrainingRunInput } from '../domain/messages.ts';
import { VIEW_QUERY } from '../domain/messages.ts';
import type { PlanSummary } from '../domain/plan.ts';
import type { RunEvent } from '../domain/run-reducer.ts';
import { initialView, reduce } from '../domain/run-reducer.ts';
import type { RunView } from '../domain/run-state.ts';
import type { Stage } from '../domain/stage.ts';
import { canAsk, isCancellation, reportOf, toFailure } from './failures.ts';
import type { Parking } from './park.ts';
import { createParking } from './park.ts';
import { resolve, resolveAt, siteActivities } from './proxies.ts';
import type { RunContext } from './run-context.ts';
import { publishPlan, publishStage } from './search-attributes.ts';
import { STAGE_STEPS } from './stages.ts';

const viewQuery = defineQuery<RunView>(VIEW_QUERY);

/** One run: from a spec to a served model. Its result is the last view; a failure carries its code as type. */
export async function trainingRun(input: TrainingRunInput): Promise<RunView> {
  const { workflowId, startTime } = workflowInfo();
  let view = initialView(workflowId, startTime.toISOString());
  const apply = (event: RunEvent): void => {
    view = reduce(view, event);
  };
  setHandler(viewQuery, () => view);
  const parking = createParking();

  let context: RunContext | null = null;
  try {
    const summary = await plan(input, apply);
    context = createContext(summary, apply);
    await withDeadline(context, parking);
    apply({ type: 'ended', status: 'succeeded', error: null, at: now() });
    await recordEnd(context, view);
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    return view;
  } catch (error) {
    const cancelled = isCancellation(error);
    const report = cancelled ? cancelReport() : reportOf(error);
    if (cancelled) apply({ type: 'cancelling' });
    await CancellationScope.nonCancellable(async () => {
      if (context !== null) apply({ type: 'leftovers', items: await compensate(context) });
      apply({ type: 'ended', status: cancelled ? 'cancelled' : 'failed', error: report, at: now() });
      if (context !== null) await recordEnd(context, view);
    });
    throw cancelled ? error : toFailure(report);
  }
}

async function plan(input: TrainingRunInput, apply: (event: RunEvent) => void): Promise<PlanSummary> {
  apply({ type: 'stage-started', stage: 'resolve', at: now() });
  const answer = await resolve(input);
  const summary = 'siteQueue' in answer ? await resolveAt(answer.siteQueue, input) : answer;
  apply({ type: 'planned', summary });
  apply({ type: 'stage-ended', stage: 'resolve', status: 'done', at: now() });
  return summary;
}

function createContext(summary: PlanSummary, apply: (event: RunEvent) => void): RunContext {
  let published = false;
  return {
    summary,
    activities: siteActivities(summary),
    apply,
    jobs: [],
    attempts: { train: 0, package: 0 },
    now,
    enter: (stage) => {
      if (published) publishStage(stage);
      else publishPlan(summary, stage);
      published = true;
      apply({ type: 'stage-started', stage, at: now() });
    },
  };
}

/** All stages within `limits.total`; a timer of the workflow, not Temporal's run timeout, which cleans nothing up. */
async function withDeadline(context: RunContext, parking: Parking): Promise<void> {
  const { totalSeconds } = context.summary.limits;
  if (totalSeconds === null) return await walk(context, parking);
  try {
    await CancellationScope.withTimeout(totalSeconds * 1000, () => walk(context, parking));
  } catch (error) {
    const asked = CancellationScope.current().consideredCancelled;
    if (!isCancellation(error) || asked) throw error;
    throw toFailure({
      code: 'TY_RUN_DEADLINE',
      message: `the run took longer than limits.total, ${totalSeconds} s`,
    });
  }
}

async function walk(context: RunContext, parking: Parking): Promise<void> {
  for (const stage of context.summary.stages) {
    if (stage === 'resolve') continue;
    const status = await runStage(context, parking, stage);
    context.apply({ type: 'stage-ended', stage, status, at: now() });
  }
}

async function runStage(
  context: RunContext,
  parking: Parking,
  stage: Exclude<Stage, 'resolve'>,
): Promise<'done' | 'skipped'> {
  for (;;) {
    context.enter(stage);
    try {
      await STAGE_STEPS[stage].run(context);
      return 'done';
    } catch (error) {
      if (isCancellation(error)) throw error;
      const report = reportOf(error);
      if (!canAsk(report) && context.summary.onFailure !== 'pause') throw error;
      const action = await parking.park(context, stage, report);
      if (action === 'skip') return 'skipped';
      if (action === 'abort') {
        throw toFailure({ code: 'TY_RUN_ABORTED', message: `${stage}: ${report.message}`, why: report.code });
      }
    }
  }
}

/** Undoes what was begun, last first. What cannot be undone is listed: it never hides why the run ended. */
async function compensate(context: RunContext): Promise<readonly string[]> {
  const left: string[] = [];
  for (const stage of context.summary.stages.toReversed()) {
    if (stage === 'resolve') continue;
    try {
      left.push(...(await STAGE_STEPS[stage].compensate(context)));
    } catch (error) {
      const { code, message } = reportOf(error);
      left.push(`stage ${stage} was not undone: ${code}: ${message}`);
    }
  }
  return left;
}

/** Writes the record's last words. The run has ended as it has, whether or not they can be written or it is cancelled. */
async function recordEnd({ activities, summary }: RunContext, view: RunView): Promise<void> {
  try {
    await CancellationScope.nonCancellable(() => activities.conclude({ runId: summary.runId, view }));
  } catch (error) {
    const { code, message } = reportOf(error);
    log.warn('the end of the run was not recorded', { code, message });
  }
}

function cancelReport(): ErrorReport {
  return { code: 'TY_RUN_CANCELLED', message: 'the run was cancelled' };
}

function now(): string {
  return new Date().toISOString();
}
