import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SlotActivities } from '../domain/activities.ts';
import { ASK_SLOT, FREE_SLOT } from '../domain/messages.ts';
import { RECONCILE_SECONDS } from '../domain/retry.ts';
import type { SlotRules, SlotState, SlotWish } from '../domain/slots.ts';
import { askSlot, freeSlot, grantSlots, noSlots, slotPlaces } from '../domain/slots.ts';

const askSignal = defineSignal<[SlotWish, SlotRules]>(ASK_SLOT);
const freeSignal = defineSignal<[Pick<SlotWish, 'workflowId' | 'runId'>]>(FREE_SLOT);

const { handOutSlots, endedRuns } = proxyActivities<SlotActivities>({
  startToCloseTimeout: '2m',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** Lets only so many runs of a project go on at once. One a project; ends when nobody wants a slot. */
export async function slots(project: string, from?: SlotState): Promise<void> {
  let state = from ?? noSlots({ maxRuns: null, maxRunsPerTemplate: null });
  let changed = true;
  const change = (next: SlotState): void => {
    changed = true;
    state = next;
  };
  setHandler(askSignal, (wish, rules) => change(askSlot(state, wish, rules)));
  setHandler(freeSignal, (run) => change(freeSlot(state, run)));
  for (;;) {
    if (changed) {
      changed = false;
      const { state: next, granted } = grantSlots(state);
      state = next;
      const places = slotPlaces(state, project);
      if (granted.length + places.length === 0) continue;
      const gone = await handOutSlots({ granted, places });
      for (const run of gone) change(freeSlot(state, run));
      continue;
    }
    if (state.holders.length + state.queue.length === 0) return;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof slots>(project, state);
    const woken = await condition(() => changed, `${RECONCILE_SECONDS}s`);
    if (woken) continue;
    // A run that was terminated says nothing.
    for (const run of await endedRuns([...state.holders, ...state.queue])) change(freeSlot(state, run));
  }
}
