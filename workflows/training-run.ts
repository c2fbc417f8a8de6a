import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ResolveRequest } from '../domain/activities.ts';
import type { ErrorReport } from '../domain/errors.ts';
import type { TrainingRunInput } from '../domain/messages.ts';
import { REQUESTER_MEMO, VIEW_QUERY } from '../domain/messages.ts';
import type { PlanSummary } from '../domain/plan.ts';
import type { RunEvent } from '../domain/run-reducer.ts';
import { initialView, reduce } from '../domain/run-reducer.ts';
import type { RunOptions } from '../domain/rerun.ts';
import type { RunView } from '../domain/run-state.ts';
import { STAGES, type Stage } from '../domain/stage.ts';
import { withDeadline } from './deadline.ts';
import { createForce } from './end-jobs.ts';
import type { Forced } from './end-jobs.ts';
import { canAsk, isCancellation, reportOf, toFailure } from './failures.ts';
import type { Parking } from './park.ts';
import { createGates } from './gates.ts';
import type { Gates } from './gates.ts';
import { createParking } from './park.ts';
import { resolve, resolveAt, siteActivities } from './proxies.ts';
import type { RunContext } from './run-context.ts';
import { publishPlan, publishStage } from './search-attributes.ts';
import { STAGE_STEPS } from './stages.ts';
import { giveBackSlot, takeSlot } from './take-slot.ts';
import { takeOver } from './take-over.ts';
import { createSuspension } from './suspend.ts';
import type { Suspension } from './suspend.ts';

const viewQuery = defineQuery<RunView>(VIEW_QUERY);

/**
 * One run: from a spec to a served model. Its result is the last view; a failure carries its code as type.
 * @param input a spec; `null` = that of the run that `options.rerun` names
 */
export async function trainingRun(input: TrainingRunInput, options?: RunOptions | null): Promise<RunView> {
  const { workflowId, startTime } = workflowInfo();
  let view = initialView(workflowId, startTime.toISOString());
  const apply = (event: RunEvent): void => {
    view = reduce(view, event);
  };
  setHandler(viewQuery, () => view);
  const parking = createParking();
  const suspension = createSuspension();
  const forced = createForce();
  const gates = createGates(apply);

  let context: RunContext | null = null;
  try {
    const summary = await plan(input, options ?? {}, apply);
    const made = createContext(summary, apply, { suspension, forced });
    context = made;
    await withDeadline(context, () => walk(made, parking, gates));
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
      await condition(allHandlersFinished);
    });
    throw cancelled ? error : toFailure(report);
  }
}

async function plan(
  input: TrainingRunInput,
  options: RunOptions,
  apply: (event: RunEvent) => void,
): Promise<PlanSummary> {
  apply({ type: 'stage-started', stage: 'resolve', at: now() });
  const request = requestOf(options);
  const answer = await resolve(input, ...request);
  const summary = 'siteQueue' in answer ? await resolveAt(answer.siteQueue, input, ...request) : answer;
  apply({ type: 'planned', summary });
  apply({ type: 'stage-ended', stage: 'resolve', status: 'done', at: now() });
  return summary;
}

/** What comes with the run besides its spec; nothing at all for most. */
function requestOf({ rerun }: RunOptions): [] | [ResolveRequest] {
  const requester = workflowInfo().memo?.[REQUESTER_MEMO];
  if (requester === undefined && rerun === undefined) return [];
  return [{ ...(requester === undefined ? {} : { requester }), ...(rerun === undefined ? {} : { rerun }) }];
}

function createContext(
  summary: PlanSummary,
  apply: (event: RunEvent) => void,
  { suspension, forced }: { readonly suspension: Suspension; readonly forced: Forced },
): RunContext {
  let published = false;
  const context: RunContext = {
    summary,
    activities: siteActivities(summary),
    apply,
    jobs: [],
    attempts: { train: 0, package: 0 },
    suspension,
    offers: new Map(),
    slotsTaken: 0,
    forced,
    now,
    enter: (stage) => {
      if (published) publishStage(stage);
      else publishPlan(context.summary, stage);
      published = true;
      apply({ type: 'stage-started', stage, at: now() });
    },
    replan: (next) => {
      context.summary = next;
      context.activities = siteActivities(next);
      // What gates ahead were to be shown was made of the plan before.
      context.offers.clear();
      published = false;
      apply({ type: 'replanned', summary: next });
    },
  };
  return context;
}

async function walk(context: RunContext, parking: Parking, gates: Gates): Promise<void> {
  await takeSlot(context);
  await takeOver(context, parking);
  for (const stage of STAGES) {
    if (stage === 'resolve' || !isAhead(context, stage)) continue;
    const status = await runStage(context, { parking, gates }, stage);
    context.apply({ type: 'stage-ended', stage, status, at: now() });
  }
}

/** Asked anew for each stage: a run that is changed while it waits may have other stages afterwards. */
function isAhead({ summary: { stages, inherited } }: RunContext, stage: Stage): boolean {
  return stages.includes(stage) && inherited?.reused.includes(stage) !== true;
}

async function runStage(
  context: RunContext,
  { parking, gates }: { readonly parking: Parking; readonly gates: Gates },
  stage: Exclude<Stage, 'resolve'>,
): Promise<'done' | 'skipped' | 'off'> {
  for (;;) {
    try {
      const gate = await gates.pass(context, stage);
      context.enter(stage);
      await STAGE_STEPS[stage].run(context, gate);
      return 'done';
    } catch (error) {
      if (isCancellation(error)) throw error;
      const report = reportOf(error);
      // Who has said no is not asked to mend it.
      if (report.code === 'TY_GATE_REJECTED') throw error;
      if (!canAsk(report) && context.summary.onFailure !== 'pause') throw error;
      await giveBackSlot(context);
      const action = await parking.park(context, stage, report);
      if (action === 'abort') {
        throw toFailure({ code: 'TY_RUN_ABORTED', message: `${stage}: ${report.message}`, why: report.code });
      }
      await takeSlot(context);
      if (action === 'skip') return 'skipped';
      if (!isAhead(context, stage)) return 'off';
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
