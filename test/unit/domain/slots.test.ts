import { describe, expect, it } from 'vitest';
import type { SlotRules, SlotState, SlotWish } from '../../../domain/slots.ts';
import { askSlot, freeSlot, grantSlots, noSlots, slotPlaces } from '../../../domain/slots.ts';

const TWO: SlotRules = { maxRuns: 2, maxRunsPerTemplate: null };

function wish(id: string, template = 'digits'): SlotWish {
  return { workflowId: `run-${id}`, runId: id, activityId: 'slot-1', template };
}

function asked(rules: SlotRules, ...wishes: readonly SlotWish[]): SlotState {
  return wishes.reduce((state, one) => askSlot(state, one, rules), noSlots(rules));
}

const ids = (wishes: readonly SlotWish[]): string => wishes.map(({ runId }) => runId).join(' ');

describe('slots', () => {
  it('let on as many as the rules say, in the order in which they came, and the next when one is free', () => {
    const { state, granted } = grantSlots(asked(TWO, wish('a'), wish('b'), wish('c'), wish('d')));
    expect(ids(granted)).toBe('a b');
    expect(grantSlots(state).granted).toEqual([]);
    expect(ids(grantSlots(freeSlot(state, wish('a'))).granted)).toBe('c');
  });

  it('share a project among its templates: who asks a hundred times does not keep the others out', () => {
    const greedy = Array.from({ length: 100 }, (_one, at) => wish(`g${at}`, 'greedy'));
    const { state } = grantSlots(asked(TWO, ...greedy, wish('x', 'modest'), wish('y', 'modest')));
    expect(ids(state.holders)).toBe('g0 x');
    const later = grantSlots(freeSlot(state, wish('g0', 'greedy')));
    expect(ids(later.granted)).toBe('g1');
    expect(ids(grantSlots(freeSlot(later.state, wish('x', 'modest'))).granted)).toBe('y');
  });

  it('bound each template for itself', () => {
    const rules: SlotRules = { maxRuns: null, maxRunsPerTemplate: 1 };
    const { state } = grantSlots(asked(rules, wish('a'), wish('b'), wish('c', 'other')));
    expect(ids(state.holders)).toBe('a c');
    expect(slotPlaces(state, 'default')).toEqual([{ wish: wish('b'), reason: '1 of 1 runs of digits go on' }]);
  });

  it('keep the place of who asks again, and give a holder that lost the answer its own slot anew', () => {
    const { state } = grantSlots(asked(TWO, wish('a'), wish('b'), wish('c'), wish('d')));
    const again = { ...wish('c'), activityId: 'slot-2' };
    expect(askSlot(state, again, TWO).queue).toEqual([again, wish('d')]);
    const { granted, state: then } = grantSlots(askSlot(state, { ...wish('a'), activityId: 'slot-2' }, TWO));
    expect(granted).toMatchObject([{ runId: 'a', activityId: 'slot-2' }]);
    expect(then.holders).toHaveLength(2);
  });

  it('take the rules that were told last, also for those that wait', () => {
    const { state } = grantSlots(asked(TWO, wish('a'), wish('b'), wish('c')));
    const more = askSlot(state, wish('d'), { ...TWO, maxRuns: 4 });
    expect(ids(grantSlots(more).granted)).toBe('c d');
    expect(ids(grantSlots(askSlot(more, wish('e'), { ...TWO, maxRuns: 1 })).granted)).toBe('');
  });

  it('say to the first of those that wait where they stand', () => {
    const { state } = grantSlots(asked(TWO, ...['a', 'b', 'c', 'd'].map((id) => wish(id))));
    expect(slotPlaces(state, 'vision').map(({ reason }) => reason)).toEqual([
      '2 of 2 runs of project vision go on',
      '2 of 2 runs of project vision go on, 1 before it',
    ]);
  });
});
