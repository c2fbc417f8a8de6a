import { ActivityCancellationType, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { TrainyardActivities } from '../domain/activities.ts';
import { RECONCILE_SECONDS } from '../domain/retry.ts';
import type { RunContext } from './run-context.ts';

/** Waits until the project lets the run go on; at once where it lets all. */
export async function takeSlot(context: RunContext): Promise<void> {
  const { slot, taskQueue } = context.summary;
  if (slot === undefined) return;
  context.slotsTaken += 1;
  const { takeSlot: take } = proxyActivities<TrainyardActivities>({
    taskQueue,
    activityId: `slot-${context.slotsTaken}`,
    startToCloseTimeout: `${RECONCILE_SECONDS}s`,
    retry: { initialInterval: '1s', backoffCoefficient: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    // Handed out in the answer to another call it would be lost with that answer, and nobody beats for it.
    allowEagerDispatch: false,
  });
  await take({ slot, workflowQueue: workflowInfo().taskQueue });
}

/** Lets somebody else go on; for while the run waits for people. */
export async function giveBackSlot({ summary: { slot }, activities }: RunContext): Promise<void> {
  if (slot !== undefined) await activities.freeSlot({ slot, workflowQueue: workflowInfo().taskQueue });
}
