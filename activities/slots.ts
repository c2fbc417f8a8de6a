import { CompleteAsyncError, Context, getClient } from '@temporalio/activity';
import type { SlotActivities, SlotRef } from '../domain/activities.ts';
import type { JobProgress } from '../domain/job.ts';
import { ASK_SLOT, FREE_SLOT, SLOTS_WORKFLOW } from '../domain/messages.ts';
import type { SlotPlan } from '../domain/plan.ts';
import type { SlotPlace, SlotWish } from '../domain/slots.ts';
import { crashPoint } from '../ports/crash-point.ts';
import type { StepScope } from './step.ts';

/** Names of Temporal's errors; their classes belong to another copy of the library in some installations. */
const NOT_FOUND: readonly string[] = ['WorkflowNotFoundError', 'ActivityNotFoundError'];

/** Asks for a slot and frees the worker; whoever hands them out completes this very activity. */
export async function takeSlot(_deps: unknown, _scope: StepScope, { slot, workflowQueue }: SlotRef): Promise<void> {
  const { activityId } = Context.current().info;
  const wish: SlotWish = { ...execution(), activityId, template: slot.template };
  crashPoint('slot.before-ask');
  await getClient().workflow.signalWithStart(SLOTS_WORKFLOW, {
    workflowId: idOf(slot),
    taskQueue: workflowQueue,
    args: [slot.project],
    signal: ASK_SLOT,
    signalArgs: [wish, slot.rules],
  });
  crashPoint('slot.asked');
  throw new CompleteAsyncError();
}

export async function freeSlot(_deps: unknown, _scope: StepScope, { slot }: Pick<SlotRef, 'slot'>): Promise<void> {
  const handle = getClient().workflow.getHandle(idOf(slot));
  // Who hands out slots ends when nobody wants one; then there is none to give back.
  crashPoint('slot.before-free');
  await ignoring(handle.signal(FREE_SLOT, execution()));
  crashPoint('slot.freed');
}

export async function handOutSlots(
  _deps: unknown,
  _scope: StepScope,
  { granted, places }: Parameters<SlotActivities['handOutSlots']>[0],
): Promise<readonly SlotWish[]> {
  const gone: SlotWish[] = [];
  for (const wish of granted) {
    crashPoint('slots.before-grant');
    const heard = await ignoring(getClient().activity.complete(wish, null));
    crashPoint('slots.granted');
    // It may have heard at an earlier try of this step.
    if (!heard && (await hasEnded(wish))) gone.push(wish);
  }
  await Promise.all(places.map(tell));
  return gone;
}

export async function endedRuns(
  _deps: unknown,
  _scope: StepScope,
  runs: readonly SlotWish[],
): Promise<readonly SlotWish[]> {
  const ended: SlotWish[] = [];
  for (const run of runs) if (await hasEnded(run)) ended.push(run);
  return ended;
}

/** Seen by whoever looks at the run, and no event of its history. */
async function tell({ wish, reason }: SlotPlace): Promise<void> {
  const progress: JobProgress = { phase: 'queued', reason };
  await getClient()
    .activity.heartbeat(wish, progress)
    .catch(() => undefined);
}

async function hasEnded({ workflowId, runId }: SlotWish): Promise<boolean> {
  try {
    const { status } = await getClient().workflow.getHandle(workflowId, runId).describe();
    return status.name !== 'RUNNING' && status.name !== 'PAUSED';
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

/** Whether it could be done; false when there is nothing to do it to. */
async function ignoring(done: Promise<unknown>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && NOT_FOUND.includes(error.name);
}

function execution(): { readonly workflowId: string; readonly runId: string } {
  const { workflowExecution } = Context.current().info;
  if (workflowExecution === undefined) throw new Error('slots are only for workflows');
  return workflowExecution;
}

function idOf({ project }: Pick<SlotPlan, 'project'>): string {
  return `${SLOTS_WORKFLOW}-${project}`;
}
