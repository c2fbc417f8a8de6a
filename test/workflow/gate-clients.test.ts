import { Context } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../client/index.ts';
import type { GateDecision, Trainyard } from '../../client/index.ts';
import * as approve from '../../client/cli/commands/gate-approve.ts';
import { type Identity, newIdentity } from '../../client/sdk/identity.ts';
import type { GateOffer, GatePlan } from '../../domain/gates/gate.ts';
import type { RunView } from '../../domain/run-state.ts';
import { REQUESTER_MEMO } from '../../domain/messages.ts';
import { canonicalDigest } from '../../spec/canonical-digest.ts';
import { requesterOf } from '../../spec/requester.ts';
import { summaryOf } from '../support/fake-activities.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { fakeContext, input } from '../unit/client/cli/fake-context.ts';
import { type RunHandle, type Scenario, viewUntil, withRun } from './harness.ts';

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

const alice = newIdentity('alice');
const bob = newIdentity('bob');
const carol = newIdentity('carol');

const evidence: GateOffer['evidence'] = {
  stage: 'push',
  commits: { model: 'a'.repeat(40) },
  params: { epochs: 3 },
  metrics: { accuracy: 0.9 },
  artifact: null,
  baseline: null,
};
const offer: GateOffer = { evidence, digest: canonicalDigest(evidence), check: null };

const plan: GatePlan = {
  stage: 'push',
  metric: null,
  otherwise: 'ask',
  baseline: null,
  approvers: [alice, bob, carol].map(({ actor, publicKey }) => ({ actor, keys: [publicKey] })),
  quorum: 2,
  notRequester: true,
  deadlineSeconds: 3_600,
  onDeadline: 'reject',
  remindSeconds: null,
  unsigned: false,
};

/** The run is known by its workflow's id, as outside of tests. */
function gated(changes: Partial<GatePlan> = {}): Scenario {
  return {
    activities: {
      resolve: async () => {
        const { taskQueue, workflowExecution } = Context.current().info;
        const gates = [{ ...plan, ...changes }];
        return summaryOf(taskQueue, { runId: workflowExecution?.workflowId ?? '', gates, requester: 'carol' });
      },
      offerGate: async () => offer,
    },
  };
}

async function as<T>(identity: Identity | null, work: (trainyard: Trainyard) => Promise<T>): Promise<T> {
  const trainyard = await connect({ address: env.address, identity });
  try {
    return await work(trainyard);
  } finally {
    await trainyard.close();
  }
}

const decide = (identity: Identity | null, handle: RunHandle, wish: GateDecision) =>
  as(identity, (trainyard) => trainyard.decide(handle.workflowId, wish));

const waits = (handle: RunHandle): Promise<RunView> => viewUntil(handle, ({ status }) => status === 'waiting');

describe('the library at a gate', () => {
  it('finds the gate that waits, and lets the run pass with the approvals it takes', async () => {
    await withRun(env, gated(), async (handle) => {
      await waits(handle);
      const { waiting } = await as(alice, (trainyard) => trainyard.waitingGates());
      expect(waiting.map(({ runId, gate }) => [runId, gate.stage])).toEqual([[handle.workflowId, 'push']]);
      const first = await decide(alice, handle, { decision: 'approve', comment: '看起来不错' });
      expect(first).toMatchObject({
        state: 'waiting',
        votes: [{ actor: 'alice', comment: '看起来不错', verified: true }],
      });
      // The reply may have been lost: the same decision is the same update.
      expect(await decide(alice, handle, { decision: 'approve', comment: '看起来不错' })).toEqual(first);
      expect(await decide(bob, handle, { decision: 'approve' })).toMatchObject({ state: 'approved', by: 'people' });
      expect((await handle.result()).status).toBe('succeeded');
    });
  });

  it('hears why a decision does not count', async () => {
    await withRun(env, gated(), async (handle) => {
      await waits(handle);
      const forger: Identity = { ...newIdentity('mallory'), actor: 'alice' };
      const stale: GateDecision = { decision: 'approve', digest: 'e'.repeat(64) };
      for (const [identity, wish, code, why] of [
        [forger, { decision: 'approve' }, 'TY_GATE_REFUSED', /not by a key that alice had/],
        [newIdentity('mallory'), { decision: 'approve' }, 'TY_GATE_REFUSED', /mallory is not an approver/],
        [null, { decision: 'approve' }, 'TY_GATE_REFUSED', /not an approver|not signed/],
        [carol, { decision: 'approve' }, 'TY_GATE_REFUSED', /carol started the run/],
        [alice, { ...stale, stage: 'push' }, 'TY_GATE_REFUSED', /evidence changed/],
        [alice, stale, 'TY_GATE_CHANGED', /not e{64}/],
        [alice, { decision: 'approve', stage: 'register' }, 'TY_GATE_NOT_WAITING', /before push: waiting/],
      ] as const) {
        await expect(decide(identity, handle, wish)).rejects.toMatchObject({
          code,
          details: { why: expect.stringMatching(why) },
        });
      }
      expect((await waits(handle)).gates?.[0]).toMatchObject({ votes: [], refused: [] });
      await decide(alice, handle, { decision: 'reject', comment: 'no' });
      await expect(handle.result()).rejects.toThrow();
      await expect(decide(bob, handle, { decision: 'approve' })).rejects.toMatchObject({ code: 'TY_GATE_REFUSED' });
    });
  });

  it('leaves a decision with the server while no worker is up, and it counts when one comes', async () => {
    await withRun(env, gated({ quorum: 1 }), async (handle, _calls, pause) => {
      await waits(handle);
      const seen: GateDecision = { decision: 'approve', stage: 'push', digest: offer.digest };
      await pause(async () => {
        await expect(decide(alice, handle, seen)).rejects.toMatchObject({
          code: 'TY_WORKER_MISSING',
          details: { fix: expect.stringContaining('--signal') },
        });
        const { silent } = await as(null, (trainyard) => trainyard.waitingGates());
        expect(silent).toContain(handle.workflowId);
        expect(await decide(alice, handle, { ...seen, signal: true })).toBeNull();
      });
      expect((await handle.result()).gates?.[0]).toMatchObject({ state: 'approved', votes: [{ actor: 'alice' }] });
    });
  });

  it('signs the start of a run, so that it is known who may not decide', async () => {
    const document = { name: 'digits', note: undefined };
    await as(alice, async (trainyard) => {
      const { runId: run } = await trainyard.start(document);
      const { memo } = await env.client.workflow.getHandle(run).describe();
      const claim = memo?.[REQUESTER_MEMO];
      const identities = { alice: { keys: [alice.publicKey], groups: [] } };
      expect(requesterOf(claim, { run, document: { name: 'digits' }, identities })).toBe('alice');
      await env.client.workflow.getHandle(run).terminate();
    });
  });
});

describe('the command line at a gate', () => {
  it('approves what it has shown, signed', async () => {
    await withRun(env, gated({ quorum: 1, approvers: [], unsigned: true, notRequester: false }), async (handle) => {
      await waits(handle);
      await as(alice, async (trainyard) => {
        const { context, out, err } = fakeContext({ sdk: trainyard, yes: true });
        expect(await approve.run(context, input([handle.workflowId], { comment: 'fine' }))).toBe(0);
        expect(err()).toMatch(/accuracy +0\.9/);
        expect(out()).toContain('approved by alice');
      });
      // Nobody of the settings was asked: the key is nobody's that the run knows.
      expect((await handle.result()).gates?.[0]?.votes).toMatchObject([{ actor: 'alice', verified: false }]);
    });
  });
});
