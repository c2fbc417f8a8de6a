import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as approve from '../../../../../client/cli/commands/gate-approve.ts';
import * as list from '../../../../../client/cli/commands/gate-list.ts';
import * as reject from '../../../../../client/cli/commands/gate-reject.ts';
import * as show from '../../../../../client/cli/commands/gate-show.ts';
import * as create from '../../../../../client/cli/commands/identity-create.ts';
import * as people from '../../../../../client/cli/commands/identity-list.ts';
import * as mine from '../../../../../client/cli/commands/identity-show.ts';
import type { Trainyard } from '../../../../../client/index.ts';
import { TrainyardError } from '../../../../../domain/errors.ts';
import type { GateView } from '../../../../../domain/gates/gate.ts';
import { loadSettings } from '../../../../../spec/settings.ts';
import { fakeContext, input } from '../fake-context.ts';
import { DIGEST, waitingGate } from '../gate-view.ts';
import { runView } from '../run-view.ts';

const ID = 'run-digits-a2b3c4';

function deciding(answer: GateView | null | Error = waitingGate({ state: 'approved', by: 'people', decidedAt: 'T' })) {
  const decide = vi.fn<Trainyard['decide']>(async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const get = vi.fn(async () =>
    runView({ gates: [waitingGate({ stage: 'train', state: 'approved' }), waitingGate()] }),
  );
  return { decide, sdk: { decide, get } };
}

const noWorker = new TrainyardError('TY_WORKER_MISSING', 'no worker answers');

describe('gate approve and gate reject', () => {
  it('show the evidence first, and decide on just that', async () => {
    const { decide, sdk } = deciding();
    const { context, out, err } = fakeContext({ sdk, yes: true });
    expect(await approve.run(context, input([ID], { comment: 'fine' }))).toBe(0);
    expect(decide).toHaveBeenCalledWith(ID, { decision: 'approve', stage: 'push', digest: DIGEST, comment: 'fine' });
    expect(err()).toContain('mAP50 0.58 >= 0.6 is false');
    expect(out()).toContain(`The gate before push of run ${ID}: approved by alice at T`);
  });

  it('ask first, and name the flag where nobody can be asked', async () => {
    const { decide, sdk } = deciding();
    const { context } = fakeContext({ sdk });
    await expect(reject.run(context, input([ID, 'push']))).rejects.toMatchObject({
      code: 'TY_CLI_USAGE',
      details: { fix: `trainyard gate reject ${ID} push --yes` },
    });
    expect(decide).not.toHaveBeenCalled();
  });

  it('do nothing when the answer is no', async () => {
    const { decide, sdk } = deciding();
    const { context } = fakeContext({ sdk, interactive: true, stdin: 'n\n' });
    expect(await reject.run(context, input([ID]))).toBe(3);
    expect(decide).not.toHaveBeenCalled();
  });

  it('decide on what was seen before, where that is said', async () => {
    const { decide, sdk } = deciding();
    const { context } = fakeContext({ sdk, yes: true });
    await reject.run(context, input([ID, 'push'], { digest: 'cd'.repeat(32) }));
    expect(decide).toHaveBeenCalledWith(ID, { decision: 'reject', stage: 'push', digest: 'cd'.repeat(32) });
  });

  it('tell how many approvals are still missing', async () => {
    const { context, out } = fakeContext({ sdk: deciding(waitingGate()).sdk, yes: true });
    await approve.run(context, input([ID]));
    expect(out()).toContain(`Counted: 1 of 2 approvals at the gate before push of run ${ID}`);
  });

  it('name the signal when no worker answers', async () => {
    const { context } = fakeContext({ sdk: deciding(noWorker).sdk, yes: true });
    await expect(approve.run(context, input([ID]))).rejects.toMatchObject({
      code: 'TY_WORKER_MISSING',
      details: { fix: `trainyard gate approve ${ID} push --digest ${DIGEST} --signal` },
    });
  });

  it('leave a signal without asking any worker, where stage and evidence are named', async () => {
    const { decide, sdk } = deciding(null);
    const get = vi.fn(async () => Promise.reject(noWorker));
    const { context, out } = fakeContext({ sdk: { ...sdk, get }, yes: true });
    await approve.run(context, input([ID, 'push'], { digest: DIGEST, signal: true }));
    expect(get).not.toHaveBeenCalled();
    expect(decide).toHaveBeenCalledWith(ID, { decision: 'approve', stage: 'push', digest: DIGEST, signal: true });
    expect(out()).toContain('Left with Temporal');
  });

  it('refuse a gate that has nothing to look at, and a stage that has no gates', async () => {
    const sdk = { get: async () => runView({ gates: [waitingGate({ state: 'ahead', offer: null })] }) };
    const { context } = fakeContext({ sdk, yes: true });
    await expect(approve.run(context, input([ID, 'push']))).rejects.toMatchObject({ code: 'TY_GATE_NOT_WAITING' });
    await expect(approve.run(context, input([ID]))).rejects.toMatchObject({ code: 'TY_GATE_NOT_WAITING' });
    await expect(approve.run(context, input([ID, 'register']))).rejects.toMatchObject({ code: 'TY_GATE_NOT_WAITING' });
    await expect(approve.run(context, input([ID, 'fetch']))).rejects.toMatchObject({ code: 'TY_CLI_USAGE' });
  });
});

describe('evidence that is not what its digest says', () => {
  it('is never signed', async () => {
    const gate = waitingGate();
    const offer = gate.offer === null ? null : { ...gate.offer, digest: 'cd'.repeat(32) };
    const { decide, sdk } = deciding();
    const { context } = fakeContext({
      sdk: { ...sdk, get: async () => runView({ gates: [{ ...gate, offer }] }) },
      yes: true,
    });
    await expect(approve.run(context, input([ID]))).rejects.toMatchObject({ code: 'TY_GATE_CHANGED' });
    expect(decide).not.toHaveBeenCalled();
  });
});

describe('gate list', () => {
  it('shows what waits everywhere, and names runs nobody answers for', async () => {
    const waiting = [{ runId: ID, name: 'digits', gate: waitingGate() }];
    const sdk = { waitingGates: async () => ({ waiting, silent: ['run-left-a2b3c4'] }) };
    const { context, out, err } = fakeContext({ sdk });
    expect(await list.run(context, input())).toBe(0);
    const [headings, row] = out().split('\n');
    expect(headings?.split(/\s+/)).toEqual(['RUN', 'GATE', 'STATE', 'VOTES', 'WAITS', 'UNTIL', 'CHECK']);
    expect(row).toMatch(/^run-digits-a2b3c4 {2}push {2}waits for people {2}1\/2 .* mAP50 0\.58 >= 0\.6 is false$/);
    expect(err()).toContain('run-left-a2b3c4');
  });

  it('shows every gate of one run', async () => {
    const { context, out } = fakeContext({ sdk: deciding().sdk, format: 'name' });
    await list.run(context, input([ID]));
    expect(out()).toBe(`${ID} train\n${ID} push\n`);
  });

  it('says so when nothing waits', async () => {
    const { context, out, err } = fakeContext({ sdk: { waitingGates: async () => ({ waiting: [], silent: [] }) } });
    await list.run(context, input());
    expect([out(), err()]).toEqual(['', 'no gate waits\n']);
  });
});

describe('gate show', () => {
  it('shows the gate that waits, else the last one that was reached', async () => {
    const { context, out } = fakeContext({ sdk: deciding().sdk, format: 'name' });
    await show.run(context, input([ID]));
    expect(out()).toBe(`${DIGEST}\n`);
    const gates = [waitingGate({ stage: 'train', state: 'approved' }), waitingGate({ state: 'ahead' })];
    const other = fakeContext({ sdk: { get: async () => runView({ gates }) }, format: 'json' });
    await show.run(other.context, input([ID]));
    expect(JSON.parse(other.out())).toMatchObject({ runId: ID, gate: { stage: 'train', state: 'approved' } });
  });
});

describe('identity', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'home-'));
  });
  afterEach(() => rm(home, { recursive: true }));

  it('create prints the lines that the settings take, and never the private key', async () => {
    const { context, out, err } = fakeContext({ env: { HOME: home } });
    expect(await create.run(context, input(['true']))).toBe(0);
    const file = out();
    expect(`${file}${err()}`).not.toContain('PRIVATE');
    const { identities } = loadSettings({ env: {}, file, dev: null });
    expect(Object.keys(identities)).toEqual(['true']);
    const shown = fakeContext({ env: { HOME: home }, format: 'json' });
    await mine.run(shown.context);
    expect(identities['true']?.keys).toEqual([JSON.parse(shown.out()).publicKey]);
    await expect(create.run(context, input(['bob']))).rejects.toMatchObject({ code: 'TY_IDENTITY_EXISTS' });
  });

  it('show says what makes one', async () => {
    const { context } = fakeContext({ env: { HOME: home } });
    await expect(mine.run(context)).rejects.toMatchObject({ code: 'TY_IDENTITY_MISSING' });
  });

  it('list shows whom the settings know', async () => {
    const settings = loadSettings({ env: {}, file: 'identities: { bob: {}, alice: { groups: [ml] } }', dev: null });
    const { context, out } = fakeContext({ settings });
    await people.run(context);
    expect(out()).toBe('ACTOR  GROUPS  KEYS\nalice  ml      -\nbob    -       -\n');
    const empty = fakeContext();
    await people.run(empty.context);
    expect(empty.err()).toBe('nobody is in the settings\n');
  });
});
