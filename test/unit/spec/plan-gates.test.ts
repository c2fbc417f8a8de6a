import { describe, expect, it } from 'vitest';
import { newIdentity, signStart } from '../../../client/sdk/identity.ts';
import { TrainyardError } from '../../../domain/errors.ts';
import type { GatePlan } from '../../../domain/gates/gate.ts';
import { canonicalJson } from '../../../spec/canonical-json.ts';
import type { Identities } from '../../../spec/identity-settings.ts';
import { type GatePolicy, planGates } from '../../../spec/plan-gates.ts';
import { requesterOf } from '../../../spec/requester.ts';
import { loadSettings } from '../../../spec/settings.ts';
import { parseSpec } from '../../../spec/training-spec.ts';
import { specInput } from './spec-builder.ts';

const alice = newIdentity('alice');
const bob = newIdentity('bob');
const PEOPLE: Identities = {
  alice: { keys: [alice.publicKey], groups: ['ml', 'leads'] },
  bob: { keys: [bob.publicKey], groups: ['ml'] },
  carol: { keys: [], groups: ['silent'] },
};
const TEAM: GatePolicy = { unsigned: false, requester: 'dave' };

function plansOf(gates: object, policy = TEAM, people = PEOPLE): GatePlan[] {
  const parsed = parseSpec(
    specInput({ package: { script: 'e.py' }, evaluate: { script: 'v.py' }, serve: { kind: 'local' }, gates }),
  );
  if (!parsed.ok) throw parsed.error;
  const again = parseSpec(JSON.parse(JSON.stringify(parsed.spec)));
  expect(again.ok && canonicalJson(again.spec)).toBe(canonicalJson(parsed.spec));
  return planGates(parsed.spec.gates, people, policy);
}

function errorOf(work: () => unknown): TrainyardError {
  try {
    work();
  } catch (error) {
    if (error instanceof TrainyardError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('planGates', () => {
  it('fills in what is left out', () => {
    expect(plansOf({ push: { approvers: ['alice'] } })).toEqual([
      {
        stage: 'push',
        baseline: { kind: 'serving' },
        metric: null,
        otherwise: 'ask',
        approvers: [{ actor: 'alice', keys: [alice.publicKey] }],
        quorum: 1,
        notRequester: true,
        deadlineSeconds: 259_200,
        onDeadline: 'reject',
        remindSeconds: 86_400,
        unsigned: false,
      },
    ]);
  });

  it('keeps what is written, in the order of the stages', () => {
    const [train, register] = plansOf({
      register: {
        metric: 'a > 1',
        otherwise: 'reject',
        baseline: 'run-digits-a2b3c4',
        deadline: null,
        remind: null,
        default: 'approve',
        requester: 'allowed',
      },
      train: { approvers: ['group:ml'], quorum: 2 },
    });
    expect(train).toMatchObject({ stage: 'train', quorum: 2, notRequester: true });
    expect(train?.approvers.map(({ actor }) => actor)).toEqual(['alice', 'bob']);
    expect(register).toMatchObject({
      stage: 'register',
      baseline: { kind: 'run', run: 'run-digits-a2b3c4' },
      deadlineSeconds: null,
      remindSeconds: null,
      onDeadline: 'approve',
      notRequester: false,
    });
  });

  it('counts somebody named twice, by name and by group, once', () => {
    const [gate] = plansOf({ push: { approvers: ['group:leads', 'alice', 'group:ml'] } });
    expect(gate?.approvers.map(({ actor }) => actor)).toEqual(['alice', 'bob']);
  });

  it.each([
    ['a person', ['eve'], /no "eve"/, /trainyard identity create eve/, /alice, bob, carol/],
    ['a group', ['group:ops'], /group "ops"/, /groups: \[ops\]/, /leads, ml, silent/],
    ['a key', ['carol'], /carol has no key/, /trainyard identity create carol/, null],
  ])('refuses %s that the settings do not have, and says what mends it', (_what, approvers, says, fix, why) => {
    const error = errorOf(() => plansOf({ push: { approvers } }));
    expect([error.code, error.details.where]).toEqual(['TY_GATE_APPROVERS', 'gates.push.approvers']);
    expect(error.message).toMatch(says);
    expect(error.details.fix).toMatch(fix);
    if (why !== null) expect(error.details.why).toMatch(why);
  });

  it('refuses a quorum that the requester alone would make reachable', () => {
    const error = errorOf(() =>
      plansOf({ push: { approvers: ['group:ml'], quorum: 2 } }, { unsigned: false, requester: 'alice' }),
    );
    expect(error.message).toMatch(/quorum 2/);
    expect(error.details.why).toMatch(/bob; not alice, who started the run/);
    expect(
      plansOf(
        { push: { approvers: ['group:ml'], quorum: 2, requester: 'allowed' } },
        { unsigned: false, requester: 'alice' },
      ),
    ).toHaveLength(1);
  });

  it('refuses a run of an unknown requester where the requester must not decide', () => {
    const unknown = { unsigned: false, requester: null };
    expect(errorOf(() => plansOf({ push: { approvers: ['alice'] } }, unknown)).code).toBe('TY_GATE_REQUESTER');
    expect(plansOf({ push: { approvers: ['alice'], requester: 'allowed' } }, unknown)).toHaveLength(1);
  });

  it('lets a gate without approvers be decided only where one person has the machine to themselves', () => {
    expect(plansOf({ push: {} }, { unsigned: true, requester: null })).toMatchObject([
      { approvers: [], quorum: 1, notRequester: false, unsigned: true },
    ]);
    expect(errorOf(() => plansOf({ push: {} })).code).toBe('TY_GATE_APPROVERS');
    expect(errorOf(() => plansOf({ push: { metric: 'a > 1' } })).code).toBe('TY_GATE_APPROVERS');
    expect(plansOf({ push: { metric: 'a > 1', otherwise: 'reject' } })).toHaveLength(1);
  });

  it('gives no gates where there are none', () => {
    expect([plansOf({}), planGates(null, PEOPLE, TEAM)]).toEqual([[], []]);
  });
});

describe('identities of the settings', () => {
  const load = (file: string) => loadSettings({ env: {}, file, dev: null }).identities;

  it('are those of the file with those of the context on top', () => {
    const found = load(
      [
        'current: team',
        `identities: { alice: { keys: [${alice.publicKey}] }, bob: { groups: [old] } }`,
        `contexts: { team: { identities: { bob: { keys: [${bob.publicKey}], groups: [ml] } } } }`,
      ].join('\n'),
    );
    expect(found).toEqual({
      alice: { keys: [alice.publicKey], groups: [] },
      bob: { keys: [bob.publicKey], groups: ['ml'] },
    });
  });

  it('are refused when one key belongs to two people: one of them could vote twice', () => {
    const file = `identities: { alice: { keys: [${alice.publicKey}] }, mallory: { keys: [${alice.publicKey}] } }`;
    expect(errorOf(() => load(file)).message).toBe('alice and mallory have the same key');
  });

  it.each([
    ['text', 'not-a-key'],
    ['a key of small order', Buffer.alloc(32).fill(1, 0, 1).toString('base64')],
    ['a key without its padding', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ])('are refused with %s as key', (_what, key) => {
    expect(errorOf(() => load(`identities: { alice: { keys: ["${key}"] } }`)).message).toMatch(/Ed25519 public key/);
  });
});

describe('requesterOf', () => {
  const document = { name: 'digits', recipe: undefined, n: [1, 2] };
  const context = { run: 'run-digits-a2b3c4', document, identities: PEOPLE };

  it('names who signed the start of this run with this document, however its fields are ordered', () => {
    const claim = signStart(alice, context.run, document);
    expect(requesterOf(claim, context)).toBe('alice');
    expect(requesterOf(claim, { ...context, document: { n: [1, 2], name: 'digits' } })).toBe('alice');
  });

  it('refuses a claim over another run, another document, or by another key', () => {
    const claim = signStart(alice, context.run, document);
    for (const [forged, where] of [
      [claim, { ...context, run: 'run-digits-zzzzzz' }],
      [claim, { ...context, document: { name: 'digits', n: [1, 3] } }],
      [{ ...signStart(bob, context.run, document), actor: 'alice' }, context],
      [{ ...claim, signature: '' }, context],
    ] as const) {
      expect(errorOf(() => requesterOf(forged, where)).code).toBe('TY_GATE_REQUESTER');
    }
  });

  it('knows nobody where nothing is claimed, or by somebody the settings do not know', () => {
    const claims = [
      undefined,
      null,
      'alice',
      {},
      { actor: 'alice' },
      signStart(newIdentity('eve'), context.run, document),
    ];
    expect(claims.map((claim) => requesterOf(claim, context))).toEqual(claims.map(() => null));
    expect(requesterOf({ actor: 'toString', signature: 'x' }, context)).toBeNull();
  });
});
