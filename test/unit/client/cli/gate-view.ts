import type { GateEvidence, GateView } from '../../../../domain/gates/gate.ts';
import { canonicalDigest } from '../../../../spec/canonical-digest.ts';

const EVIDENCE: GateEvidence = {
  stage: 'push',
  commits: { model: 'c'.repeat(40), dataset: 'd'.repeat(40) },
  params: { epochs: 3, lr: '1e-3' },
  metrics: { mAP50: 0.58, loss: 0.25, fps: 61 },
  artifact: { path: 'digits/1/model.pt', sha256: 'e'.repeat(64), bytes: 2048 },
  baseline: { name: 'run-digits-zzzzzz', metrics: { mAP50: 0.61, loss: 0.125 } },
};

export const DIGEST = canonicalDigest(EVIDENCE);

/** A gate before push that waits for one more of two approvals; with what a test changes. */
export function waitingGate(change: Partial<GateView> = {}): GateView {
  return {
    stage: 'push',
    state: 'waiting',
    by: null,
    offer: {
      digest: DIGEST,
      evidence: EVIDENCE,
      check: { holds: false, text: 'mAP50 0.58 >= 0.6 is false' },
    },
    approvers: ['alice', 'bob'],
    quorum: 2,
    openedAt: '2026-01-01T00:00:00.000Z',
    until: '2026-01-04T00:00:00.000Z',
    onDeadline: 'reject',
    decidedAt: null,
    votes: [{ actor: 'alice', decision: 'approve', comment: 'fine', verified: true, at: '2026-01-01T00:00:30.000Z' }],
    refused: [],
    ...change,
  };
}
