import { describe, expect, it } from 'vitest';
import { gateLines } from '../../../../client/cli/gate-lines.ts';
import { bar, metricTable } from '../../../../client/cli/metric-bars.ts';
import { runLines } from '../../../../client/cli/run-lines.ts';
import { DIGEST, waitingGate } from './gate-view.ts';
import { NOW, runView } from './run-view.ts';

const STYLE = { lang: 'en', colour: false, now: NOW } as const;
const ID = 'run-digits-a2b3c4';

describe('gate show', () => {
  it('has all that a decision is about, and the commands that decide', () => {
    expect(gateLines(ID, waitingGate(), STYLE)).toEqual([
      'run         run-digits-a2b3c4',
      'gate        before push',
      'state       waits for people',
      'check       mAP50 0.58 >= 0.6 is false',
      'approvers   alice, bob (2 of them)',
      'opened      2026-01-01T00:00:00.000Z',
      'deadline    2026-01-04T00:00:00.000Z, then: reject',
      'vote        alice approve 2026-01-01T00:00:30.000Z (verified): fine',
      'commits     model cccccccccccc, dataset dddddddddddd',
      'parameters  epochs=3 lr=1e-3',
      'artifact    digits/1/model.pt 2.0 KiB sha256 eeeeeeeeeeee',
      'baseline    run-digits-zzzzzz',
      `evidence    ${DIGEST}`,
      '',
      'METRIC  NOW                 BASELINE                CHANGE',
      'mAP50   0.58  ███████████▍  0.61      ████████████  -0.03',
      'loss    0.25  ████████████  0.125     ██████        +0.125',
      'fps     61    ████████████  -',
      '',
      "trainyard gate approve run-digits-a2b3c4 push -m '…'",
      "trainyard gate reject run-digits-a2b3c4 push -m '…'",
    ]);
  });

  it('says who decided, who was not verified, and what was refused', () => {
    const vote = { actor: 'bob', decision: 'reject', comment: null, verified: false, at: 'T1' } as const;
    const refused = [{ actor: 'eve', decision: 'approve', why: 'it is not signed', at: 'T0' }];
    const gate = waitingGate({ state: 'rejected', by: 'people', decidedAt: 'T1', votes: [vote], refused });
    const lines = gateLines(ID, gate, STYLE);
    expect(lines).toContain('state       rejected by bob at T1');
    expect(lines).toContain('vote        bob reject T1 (unverified)');
    expect(lines).toContain('refused     eve approve T0: it is not signed');
    expect(lines.join('\n')).not.toContain('gate approve');
  });

  it('says that anybody may decide where nobody is named', () => {
    expect(gateLines(ID, waitingGate({ approvers: [] }), STYLE).join('\n')).toContain(
      'approvers   anybody of this machine, unverified',
    );
  });

  it('moves no cursor, whatever a comment or a metric is called', () => {
    const vote = {
      actor: 'a\u001b[2J',
      decision: 'approve',
      comment: 'x\n\u001b]0;y',
      verified: true,
      at: 'T',
    } as const;
    const refused = [{ actor: 'eve', decision: '\u001b[1A', why: 'a\rb', at: 'T' }];
    expect(gateLines(ID, waitingGate({ votes: [vote], refused }), STYLE).join('')).not.toMatch(
      /[\u0000-\u001f\u007f-\u009f]/,
    );
  });
});

describe('run get', () => {
  it('shows the gate that waits, with the commands', () => {
    const lines = runLines(runView({ status: 'waiting', gates: [waitingGate()] }), STYLE).join('\n');
    expect(lines).toContain('before push: 1 of 2 approvals, 2026-01-04T00:00:00.000Z, then: reject');
    expect(lines).toContain('mAP50 0.58 >= 0.6 is false');
    expect(lines).toContain(`trainyard gate show ${ID} push; trainyard gate approve ${ID} push`);
  });

  it('is silent about gates that do not wait', () => {
    const gates = [waitingGate({ state: 'ahead' }), waitingGate({ state: 'approved' })];
    expect(runLines(runView({ gates }), STYLE).join('\n')).not.toContain('gate');
  });
});

describe('the picture', () => {
  it.each([
    [1, 1, '████████████'],
    [0.5, 1, '██████'],
    [-0.5, 1, '██████'],
    [1, 96, '▏'],
    [0, 1, ''],
    [0, 0, ''],
    [null, 1, ''],
  ])('draws %j of %j', (value, most, expected) => {
    expect(bar(value, most)).toBe(expected);
  });

  it('leaves the baseline out where there is none, and is nothing without metrics', () => {
    expect(metricTable({ metrics: { a: 1 }, baseline: null }, STYLE)).toEqual([
      'METRIC  NOW',
      'a       1    ████████████',
    ]);
    expect(metricTable({ metrics: null, baseline: null }, STYLE)).toEqual([]);
  });
});
