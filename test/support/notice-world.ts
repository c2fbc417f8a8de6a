import type { GateView } from '../../domain/gates/gate.ts';
import type { NamedRun } from '../../domain/notices/make.ts';
import { initialView } from '../../domain/run-reducer.ts';
import type { RunView } from '../../domain/run-state.ts';
import type { Message } from '../../ports/notifier.ts';

/** A run as notices name it. */
export function namedRun(changes: Partial<NamedRun> = {}): NamedRun {
  return {
    runId: 'run-digits-abc234',
    name: 'digits',
    displayName: null,
    project: 'vision',
    output: { branch: 'sft-1' },
    ...changes,
  };
}

export function endedView(changes: Partial<RunView> = {}): RunView {
  return {
    ...initialView('run-digits-abc234', '2026-01-02T03:04:05.000Z'),
    status: 'succeeded',
    finishedAt: '2026-01-02T04:00:00.000Z',
    ...changes,
  };
}

export function waitingGate(changes: Partial<GateView> = {}): GateView {
  const evidence = {
    stage: 'push',
    commits: {},
    params: {},
    metrics: { mAP50: 0.612345678 },
    artifact: null,
    baseline: null,
  } as const;
  return {
    stage: 'push',
    state: 'waiting',
    by: null,
    offer: { evidence, digest: 'd'.repeat(64), check: { holds: false, text: 'mAP50 >= 0.7' } },
    approvers: ['ann', 'bob'],
    quorum: 1,
    openedAt: '2026-01-02T03:30:00.000Z',
    until: '2026-01-03T03:30:00.000Z',
    onDeadline: 'reject',
    decidedAt: null,
    votes: [],
    refused: [],
    ...changes,
  };
}

export function message(changes: Partial<Message> = {}): Message {
  return {
    key: 'msg_0123456789abcdef0123456789abcdef',
    id: 'run-digits-abc234.ended',
    type: 'dev.trainyard.run.ended.v1',
    at: '2026-01-02T04:00:00.000Z',
    thread: 'run-digits-abc234',
    project: 'vision',
    data: { event: 'ended' },
    ...changes,
    text: {
      title: 'digits failed in push',
      facts: [{ name: 'why', value: 'the branch is protected' }],
      next: ['trainyard run get run-digits-abc234'],
      link: 'http://127.0.0.1:8233/namespaces/default/workflows/run-digits-abc234',
      labels: { next: 'next', page: 'page' },
      ...changes.text,
    },
  };
}
