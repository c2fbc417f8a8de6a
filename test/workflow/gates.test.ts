import { CompleteAsyncError } from '@temporalio/activity';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newIdentity, signStatement } from '../../client/sdk/identity.ts';
import type { GateOffer, GatePlan, GateStatement, GateView } from '../../domain/gates/gate.ts';
import { GATE_UPDATE } from '../../domain/messages.ts';
import { failureOf as failure } from '../support/fake-activities.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { type RunHandle, type Scenario, viewUntil, withRun } from './harness.ts';

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

const RUN = 'run-digits-abc';
const [alice, bob, carol, mallory] = ['alice', 'bob', 'carol', 'mallory'].map((name) => newIdentity(name)) as [
  ReturnType<typeof newIdentity>,
  ReturnType<typeof newIdentity>,
  ReturnType<typeof newIdentity>,
  ReturnType<typeof newIdentity>,
];

const offer: GateOffer = {
  evidence: {
    stage: 'push',
    commits: { model: 'a'.repeat(40) },
    params: { epochs: 3 },
    metrics: { accuracy: 0.9 },
    artifact: { path: 'digits/1/model.torchscript', sha256: 'b'.repeat(64), bytes: 10 },
    baseline: null,
  },
  digest: 'd'.repeat(64),
  check: null,
};

function gate(changes: Partial<GatePlan> = {}): GatePlan {
  return {
    stage: 'push',
    metric: null,
    otherwise: 'ask',
    baseline: null,
    approvers: [alice, bob, carol].map(({ actor, publicKey }) => ({ actor, keys: [publicKey] })),
    quorum: 1,
    notRequester: true,
    deadlineSeconds: 3600,
    onDeadline: 'reject',
    remindSeconds: null,
    unsigned: false,
    ...changes,
  };
}

function gated(changes: Partial<GatePlan> = {}, activities: Scenario['activities'] = {}): Scenario {
  return {
    summary: { gates: [gate(changes)], requester: 'carol' },
    activities: { offerGate: async () => offer, ...activities },
  };
}

function says(by: typeof alice, changes: Partial<GateStatement> = {}): GateStatement {
  const { signature: _none, ...statement } = {
    run: RUN,
    gate: 'push' as const,
    digest: offer.digest,
    actor: by.actor,
    decision: 'approve' as const,
    comment: 'looks well',
    ...changes,
  } satisfies Partial<GateStatement>;
  return signStatement(by, statement);
}

const decide = (handle: RunHandle, statement: unknown): Promise<GateView> =>
  handle.executeUpdate<GateView, [unknown]>(GATE_UPDATE, { args: [statement] });

const waits = (handle: RunHandle) => viewUntil(handle, ({ status }) => status === 'waiting');

async function refusal(deciding: Promise<unknown>): Promise<string> {
  const error: unknown = await deciding.catch((reason: unknown) => reason);
  if (!(error instanceof WorkflowUpdateFailedError)) throw new Error(`it was not refused: ${String(error)}`);
  return error.cause?.message ?? '';
}

async function failureOf(handle: RunHandle): Promise<string | null | undefined> {
  const error: unknown = await handle.result().catch((reason: unknown) => reason);
  if (!(error instanceof WorkflowFailedError)) throw new Error('the run did not fail');
  return error.cause instanceof ApplicationFailure ? error.cause.type : null;
}

describe('a gate', () => {
  it('lets the run pass on a signed approval, which goes into the next step, for at most eight events', async () => {
    let passed: unknown;
    const events = async (scenario: Scenario, decided: boolean): Promise<number> =>
      await withRun(env, scenario, async (handle) => {
        if (decided) {
          await waits(handle);
          const view = await decide(handle, says(alice));
          expect(view).toMatchObject({ state: 'approved', by: 'people', votes: [{ actor: 'alice', verified: true }] });
        }
        expect((await handle.result()).status).toBe('succeeded');
        return (await handle.fetchHistory()).events?.length ?? 0;
      });
    const verdict = async (job: { purpose: string }) => ({
      job: 'j',
      phase: 'succeeded' as const,
      startedAt: null,
      finishedAt: null,
      stepSeconds: {},
      cause: null,
      metrics: null,
      ...(job.purpose === 'package' ? { offer } : {}),
    });
    const push = async (step: unknown) => {
      passed = step;
      return { commit: 'c'.repeat(40) };
    };
    const plain = await events({ activities: { awaitJob: verdict } }, false);
    const withGate = await events(gated({}, { awaitJob: verdict, push }), true);
    expect(passed).toMatchObject({ gate: { stage: 'push', state: 'approved', votes: [{ comment: 'looks well' }] } });
    expect(withGate - plain).toBeLessThanOrEqual(8);
  });

  it('refuses the stale, the forged, the unsigned, the stranger and the requester, as update and as signal', async () => {
    await withRun(env, gated(), async (handle) => {
      await waits(handle);
      const bad: readonly (readonly [unknown, RegExp])[] = [
        [says(alice, { digest: 'e'.repeat(64) }), /evidence changed/],
        [{ ...says(mallory), actor: 'alice' }, /not by a key/],
        [{ ...says(alice), decision: 'reject' }, /not by a key/],
        [{ ...says(alice), signature: null }, /not signed/],
        [says(mallory), /not an approver/],
        [says(carol), /started the run/],
        [says(alice, { run: 'run-other' }), /run-other/],
        [{ anything: 1 }, /field/],
        ['approve', /fields/],
      ];
      for (const [statement, why] of bad) expect(await refusal(decide(handle, statement))).toMatch(why);
      for (const [statement] of bad) await handle.signal(GATE_UPDATE, statement);
      const view = await viewUntil(handle, ({ gates }) => gates?.[0]?.refused.length === bad.length);
      expect(view.status).toBe('waiting');
      expect(view.gates?.[0]?.votes).toEqual([]);
      for (const [at, [, why]] of bad.entries()) expect(view.gates?.[0]?.refused[at]?.why).toMatch(why);
      await decide(handle, says(bob));
      expect((await handle.result()).status).toBe('succeeded');
    });
  });

  it('has one winner when two decide at once, and the other hears who it was', async () => {
    await withRun(env, gated(), async (handle) => {
      await waits(handle);
      const both = await Promise.allSettled([
        decide(handle, says(alice)),
        decide(handle, says(bob, { decision: 'reject' })),
      ]);
      const lost = both.find(({ status }) => status === 'rejected');
      expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(String((lost as PromiseRejectedResult).reason.cause?.message)).toMatch(/already: by (alice|bob) at \d/);
      await handle.result().catch(() => {});
    });
  });

  it('takes a signal that was sent while no worker was up', async () => {
    let worker = 0;
    await withRun(env, gated(), async (handle, _calls, pause) => {
      await waits(handle);
      await pause(async () => {
        await handle.signal(GATE_UPDATE, says(alice));
        worker += 1;
      });
      expect((await handle.result()).status).toBe('succeeded');
    });
    expect(worker).toBe(1);
  });

  it.each([
    ['reject', 'TY_GATE_REJECTED'],
    ['approve', null],
  ] as const)('is decided once at its deadline: %s', async (onDeadline, code) => {
    await withRun(env, gated({ deadlineSeconds: 1, onDeadline }), async (handle, calls) => {
      if (code === null)
        expect((await handle.result()).gates?.[0]).toMatchObject({ state: 'approved', by: 'deadline' });
      else expect(await failureOf(handle)).toBe(code);
      expect(calls.filter((name) => name === 'push')).toHaveLength(code === null ? 1 : 0);
      const { events } = await handle.fetchHistory();
      expect(events?.filter(({ timerFiredEventAttributes }) => timerFiredEventAttributes)).toHaveLength(1);
    });
  });

  it('is passed by its metric alone, and closed by it where nobody is to be asked', async () => {
    const holds = (value: boolean) => async () => ({ ...offer, check: { holds: value, text: 'accuracy 0.9' } });
    const metric = 'accuracy >= 0.9';
    await withRun(env, gated({ metric }, { offerGate: holds(true) }), async (handle) => {
      expect((await handle.result()).gates?.[0]).toMatchObject({ state: 'approved', by: 'metric', votes: [] });
    });
    await withRun(env, gated({ metric, otherwise: 'reject' }, { offerGate: holds(false) }), async (handle) => {
      expect(await failureOf(handle)).toBe('TY_GATE_REJECTED');
    });
    await withRun(env, gated({ metric }, { offerGate: holds(false) }), async (handle) => {
      await waits(handle);
      await decide(handle, says(alice));
      expect((await handle.result()).status).toBe('succeeded');
    });
  });

  it('shows a decision about a gate that is not reached as refused', async () => {
    const awaitJob = async (): Promise<never> => {
      throw new CompleteAsyncError();
    };
    await withRun(env, gated({}, { awaitJob }), async (handle) => {
      await viewUntil(handle, ({ stage }) => stage === 'train');
      expect(await refusal(decide(handle, says(alice)))).toMatch(/no gate/);
      await handle.signal(GATE_UPDATE, says(alice));
      const view = await viewUntil(handle, ({ refusedDecisions }) => refusedDecisions?.length === 1);
      expect(view.gates?.[0]?.state).toBe('ahead');
      await handle.terminate();
    });
  });

  it('parks the run when what it is to show cannot be had, and ends it when it is rejected, whatever onFailure says', async () => {
    let tries = 0;
    const offerGate = async () => {
      tries += 1;
      if (tries === 1) throw failure('TY_DISK_FULL');
      return offer;
    };
    const probe = async (): Promise<never> => {
      throw new CompleteAsyncError();
    };
    const scenario = gated({}, { offerGate, probe });
    const summary = { ...scenario.summary, onFailure: 'pause' as const };
    await withRun(env, { ...scenario, summary }, async (handle) => {
      const { error } = await viewUntil(handle, ({ status }) => status === 'parked');
      expect(error?.code).toBe('TY_DISK_FULL');
      await handle.executeUpdate('repair', { args: [{ action: 'retry' }] });
      await waits(handle);
      await decide(handle, says(bob, { decision: 'reject' }));
      expect(await failureOf(handle)).toBe('TY_GATE_REJECTED');
    });
  });

  it('ends with a cancel, and its rejection says who and why', async () => {
    await withRun(env, gated(), async (handle) => {
      await waits(handle);
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
      expect((await viewUntil(handle, ({ finishedAt }) => finishedAt !== null)).status).toBe('cancelled');
    });
    await withRun(env, gated(), async (handle) => {
      await waits(handle);
      await decide(handle, says(bob, { decision: 'reject', comment: 'too small' }));
      expect(await failureOf(handle)).toBe('TY_GATE_REJECTED');
      const { error, gates } = await viewUntil(handle, ({ finishedAt }) => finishedAt !== null);
      expect(error).toMatchObject({ message: 'the gate before push was rejected by bob', why: 'too small' });
      expect(gates?.[0]?.state).toBe('rejected');
    });
  });
});
