import { describe, expect, it } from 'vitest';
import { newIdentity, signStatement } from '../../../../client/sdk/identity.ts';
import {
  expire,
  type GateState,
  gateAhead,
  gateView,
  judge,
  openGate,
  refuse,
} from '../../../../domain/gates/decide.ts';
import type { GateOffer, GatePlan, GateStatement } from '../../../../domain/gates/gate.ts';
import { forCases, type Random } from '../../../support/random.ts';

const RUN = 'run-digits-a2b3c4';
const DIGEST = 'ab'.repeat(32);
const NOW = '2030-01-01T00:00:00.000Z';
const LATER = '2030-01-01T01:00:00.000Z';

const PEOPLE = { alice: newIdentity('alice'), bob: newIdentity('bob'), carol: newIdentity('carol') };
type Name = keyof typeof PEOPLE;
const NAMES: readonly [Name, ...Name[]] = ['alice', 'bob', 'carol'];

const PLAN: GatePlan = {
  stage: 'push',
  baseline: null,
  metric: null,
  otherwise: 'ask',
  approvers: NAMES.map((actor) => ({ actor, keys: [PEOPLE[actor].publicKey] })),
  quorum: 1,
  notRequester: true,
  deadlineSeconds: 3_600,
  onDeadline: 'reject',
  remindSeconds: null,
  unsigned: false,
};

const OFFER: GateOffer = {
  evidence: { stage: 'push', commits: {}, params: {}, metrics: { a: 1 }, artifact: null, baseline: null },
  digest: DIGEST,
  check: null,
};

function gate(
  plan: Partial<GatePlan> = {},
  requester: string | null = 'dave',
  check: GateOffer['check'] = null,
): GateState {
  return openGate({ run: RUN, plan: { ...PLAN, ...plan }, offer: { ...OFFER, check }, requester }, NOW);
}

function by(actor: Name, parts: Partial<GateStatement> = {}): GateStatement {
  const said = { run: RUN, gate: 'push', digest: DIGEST, actor, decision: 'approve', comment: null, ...parts } as const;
  return signStatement(PEOPLE[actor], said);
}

function taken(state: GateState, statement: unknown, at = LATER): GateState {
  const judged = judge(state, statement, at);
  if (judged.ok) return judged.state;
  throw new Error(judged.why);
}

function whyNot(state: GateState, statement: unknown): string {
  const judged = judge(state, statement, LATER);
  return judged.ok ? 'taken' : judged.why;
}

describe('openGate', () => {
  it('waits for people, until its deadline', () => {
    expect(gateView(gate())).toMatchObject({
      stage: 'push',
      state: 'waiting',
      by: null,
      approvers: ['alice', 'bob', 'carol'],
      openedAt: NOW,
      until: LATER,
      decidedAt: null,
    });
    expect(gate({ deadlineSeconds: null }).until).toBeNull();
  });

  it.each([
    ['holds', 'ask', true, 'approved', 'metric'],
    ['holds', 'reject', true, 'approved', 'metric'],
    ['does not hold', 'ask', false, 'waiting', null],
    ['does not hold', 'reject', false, 'rejected', 'metric'],
  ] as const)('whose metric %s, with otherwise: %s', (_what, otherwise, holds, state, decidedBy) => {
    const opened = gate({ metric: 'a > 0', otherwise }, 'dave', { holds, text: 'a 1 > 0' });
    expect([opened.state, opened.by]).toEqual([state, decidedBy]);
  });

  it('takes a metric that nobody checked for one that does not hold', () => {
    expect(gate({ metric: 'a > 0' }).state).toBe('waiting');
    expect(gate({ metric: 'a > 0', otherwise: 'reject' }).state).toBe('rejected');
  });
});

describe('a decision', () => {
  it('by one of the approvers opens or closes the gate, and is kept with its comment', () => {
    const approved = taken(gate(), by('alice', { comment: 'looks well' }));
    expect(gateView(approved)).toMatchObject({ state: 'approved', by: 'people', decidedAt: LATER });
    expect(approved.votes).toEqual([
      { actor: 'alice', decision: 'approve', comment: 'looks well', verified: true, at: LATER },
    ]);
    expect(taken(gate({ quorum: 3 }), by('bob', { decision: 'reject' })).state).toBe('rejected');
  });

  it('takes as many approvals as the quorum, of different people', () => {
    const once = taken(gate({ quorum: 2 }), by('alice'));
    expect(once.state).toBe('waiting');
    expect(judge(once, by('alice'), LATER)).toEqual({ ok: true, state: once, repeated: true });
    expect(taken(once, by('bob')).state).toBe('approved');
  });

  it('that comes second hears who decided, and when', () => {
    const closed = taken(gate(), by('alice'));
    expect(whyNot(closed, by('bob', { decision: 'reject' }))).toBe(
      `the gate before push is approved already: by alice at ${LATER}`,
    );
    expect(whyNot(expire(gate(), LATER), by('bob'))).toBe(
      `the gate before push is rejected already: by the deadline at ${LATER}`,
    );
  });

  it('that is sent again after it counted is no error, for a reply may be lost', () => {
    const closed = taken(gate(), by('alice'));
    expect(judge(closed, by('alice'), LATER)).toEqual({ ok: true, state: closed, repeated: true });
    expect(whyNot(closed, { ...by('alice'), signature: by('bob').signature })).toMatch(/signature/);
  });

  it('may turn from approval to rejection while the gate waits, and not back', () => {
    const turned = taken(taken(gate({ quorum: 2 }), by('alice')), by('alice', { decision: 'reject' }));
    expect([turned.state, turned.votes.length]).toEqual(['rejected', 1]);
    expect(whyNot(turned, by('alice'))).toMatch(/rejected already: by alice/);
  });
});

describe('a decision is refused', () => {
  const open = gate({}, 'carol');

  it.each([
    ['on other evidence', { digest: 'cd'.repeat(32) }, /evidence changed: look again/],
    ['about another run', { run: 'run-digits-zzzzzz' }, /about run run-digits-zzzzzz/],
    ['about another gate', { gate: 'register' }, /about the gate before register/],
  ] as const)('%s', (_what, parts, why) => {
    expect(whyNot(open, by('alice', parts))).toMatch(why);
  });

  it('of whoever started the run', () => {
    expect(whyNot(open, by('carol'))).toBe('carol started the run, and this gate wants somebody else to decide');
    expect(whyNot(open, by('carol', { decision: 'reject' }))).toMatch(/started the run/);
    expect(taken(gate({ notRequester: false }, 'carol'), by('carol')).state).toBe('approved');
  });

  it('where nobody knows who started the run: it could be anybody', () => {
    expect(whyNot(gate({}, null), by('alice'))).toMatch(/nobody knows who started the run/);
  });

  it('of somebody who is no approver, also with a key that is one', () => {
    const eve = signStatement(newIdentity('eve'), { ...by('alice'), actor: 'eve' });
    expect(whyNot(open, eve)).toBe('eve is not an approver of this gate: alice, bob, carol');
    expect(whyNot(open, signStatement(PEOPLE.alice, { ...by('alice'), actor: 'eve' }))).toMatch(/not an approver/);
  });

  it('unsigned, forged, or changed on the way', () => {
    expect(whyNot(open, { ...by('alice'), signature: null })).toMatch(/not signed/);
    expect(whyNot(open, signStatement(PEOPLE.bob, by('alice')))).toMatch(/not by a key that alice had/);
    expect(whyNot(open, { ...by('alice', { decision: 'reject' }), decision: 'approve' })).toMatch(/not by a key/);
    expect(whyNot(open, { ...by('alice'), comment: 'put there later' })).toMatch(/not by a key/);
  });

  it.each([
    ['nothing', undefined, /set of fields/],
    ['a list', [], /set of fields/],
    ['a strange field', { ...by('alice'), verified: true }, /"verified" is not a field/],
    ['no run', { ...by('alice'), run: 3 }, /run is not/],
    ['a gate that is none', { ...by('alice'), gate: 'fetch' }, /gate is not one of/],
    ['a digest that is none', { ...by('alice'), digest: 'AB'.repeat(32) }, /sha256/],
    ['a decision that is none', { ...by('alice'), decision: 'approved' }, /neither approve nor reject/],
    ['half a character', { ...by('alice'), comment: '\ud800' }, /comment/],
    ['a comment without end', { ...by('alice'), comment: 'x'.repeat(2_001) }, /comment/],
    ['a signature without end', { ...by('alice'), signature: 'x'.repeat(89) }, /signature/],
  ])('that is %s', (_what, statement, why) => {
    expect(whyNot(open, statement)).toMatch(why);
  });

  it('and is written down, the last twenty', () => {
    let state = open;
    for (let index = 0; index < 30; index += 1)
      state = refuse(state, { actor: `a${index}`, decision: 'x' }, 'why', LATER);
    expect(state.refused).toHaveLength(20);
    expect(state.refused.at(-1)).toEqual({ actor: 'a29', decision: 'x', why: 'why', at: LATER });
    expect(refuse(open, 'text', 'why', LATER).refused).toEqual([{ actor: '', decision: '', why: 'why', at: LATER }]);
    expect(refuse(open, { actor: 'x'.repeat(9_999) }, 'why', LATER).refused[0]?.actor).toHaveLength(100);
    expect(state.state).toBe('waiting');
  });
});

describe('where one person has the machine to themselves', () => {
  const unsigned = { unsigned: true, approvers: [], notRequester: false };

  it('anybody decides without a signature, and is shown as unverified', () => {
    const { state, votes } = taken(gate(unsigned, null), { ...by('alice'), actor: 'me', signature: null });
    expect([state, votes[0]?.actor, votes[0]?.verified]).toEqual(['approved', 'me', false]);
  });

  it('somebody with a key still has to sign: nobody speaks in their name', () => {
    const named = gate({ unsigned: true });
    expect(whyNot(named, { ...by('alice'), signature: null })).toMatch(/not signed/);
    expect(taken(named, by('alice')).votes[0]?.verified).toBe(true);
    expect(whyNot(gate({ unsigned: true }, 'alice'), by('alice'))).toMatch(/started the run/);
  });

  it('somebody without a key decides unverified', () => {
    const keyless = gate({ unsigned: true, approvers: [{ actor: 'alice', keys: [] }] }, null);
    expect(taken(keyless, { ...by('alice'), signature: null }).votes[0]?.verified).toBe(false);
    expect(whyNot(keyless, by('bob'))).toMatch(/not an approver/);
  });
});

describe('expire', () => {
  it('gives the default decision once, and never overrules a person', () => {
    const expired = expire(gate({ onDeadline: 'approve' }), LATER);
    expect([expired.state, expired.by, expired.decidedAt]).toEqual(['approved', 'deadline', LATER]);
    expect(expire(expired, '2031-01-01T00:00:00.000Z')).toBe(expired);
    const decided = taken(gate(), by('alice'));
    expect(expire(decided, LATER)).toBe(decided);
  });

  it('leaves a gate without a deadline waiting', () => {
    const open = gate({ deadlineSeconds: null });
    expect(expire(open, LATER)).toBe(open);
  });
});

describe('a gate under any sequence of statements', () => {
  it('keeps its promises', { timeout: 60_000 }, () => {
    forCases(40, (random) => {
      const requester = random.pick(['alice', 'dave', null]);
      const plan = { quorum: 1 + random.below(3), notRequester: random.once(2) };
      let state = gate(plan, requester);
      for (let step = 0; step < 6; step += 1) {
        const before = state;
        const statement = anyStatement(random);
        const judged = random.once(8)
          ? { ok: true as const, state: expire(state, LATER) }
          : judge(state, statement, LATER);
        if (judged.ok) state = judged.state;
        check(before, state, requester);
      }
    });
  });

  function check(before: GateState, after: GateState, requester: string | null): void {
    const { votes, plan } = after;
    if (before.state !== 'waiting') expect(after).toBe(before);
    const actors = votes.map(({ actor }) => actor);
    expect(new Set(actors).size).toBe(actors.length);
    expect(votes.every(({ verified }) => verified)).toBe(true);
    expect(plan.approvers.map(({ actor }) => actor)).toEqual(expect.arrayContaining(actors));
    if (plan.notRequester)
      expect(requester === null ? actors : actors.filter((actor) => actor === requester)).toEqual([]);
    const rejections = votes.filter(({ decision }) => decision === 'reject').length;
    if (after.by === 'people') {
      expect(after.state).toBe(rejections > 0 ? 'rejected' : 'approved');
      if (rejections === 0) expect(votes.length).toBeGreaterThanOrEqual(plan.quorum);
    }
    if (after.state === 'waiting') expect([rejections, votes.length < plan.quorum]).toEqual([0, true]);
    expect((after.decidedAt === null) === (after.state === 'waiting')).toBe(true);
  }

  function anyStatement(random: Random): unknown {
    const [speaker, signer] = [random.pick(NAMES), random.pick(NAMES)];
    const said = {
      ...by('alice'),
      actor: random.once(6) ? 'eve' : speaker,
      decision: random.pick(['approve', 'approve', 'reject'] as const),
      digest: random.once(6) ? 'cd'.repeat(32) : DIGEST,
    };
    if (random.once(10)) return random.pick([null, 'approve', [], { ...said, gate: 'deploy' }]);
    if (random.once(6)) return { ...said, signature: null };
    return signStatement(PEOPLE[random.once(3) ? signer : speaker], said);
  }
});

describe('gateAhead', () => {
  it('shows who will decide before the run is there', () => {
    expect(gateAhead(PLAN)).toMatchObject({ state: 'ahead', offer: null, approvers: ['alice', 'bob', 'carol'] });
  });
});
