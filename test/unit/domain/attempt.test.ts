import { describe, expect, it } from 'vitest';
import {
  endAttempts,
  mergeAttempts,
  newAttempt,
  SHOWN_ATTEMPTS,
  withAttempt,
  withRetry,
  withVerdict,
} from '../../../domain/attempt.ts';
import type { AttemptView } from '../../../domain/attempt.ts';
import { causeOf, verdictOf } from '../../support/fake-activities.ts';

const attempt = (number: number): AttemptView =>
  newAttempt({ job: `digits-abcdefgh-t${number}`, purpose: 'train', attempt: number }, null);
const ref = { runId: 'run-digits-abc', purpose: 'train', attempt: 1 } as const;
const cost = { acceleratorSeconds: 80, lostSeconds: 3, lostAcceleratorSeconds: 24 };

describe('the attempts of a run', () => {
  it('say of an ended one why, and what it cost', () => {
    const verdict = verdictOf(ref, {
      phase: 'failed',
      cause: causeOf({ kind: 'evicted', budget: 'infrastructure' }),
      cost,
    });
    const [one] = withVerdict([attempt(1)], verdict);
    expect(one).toMatchObject({ phase: 'failed', cause: { kind: 'evicted', budget: 'infrastructure' }, ...cost });
  });

  it('keep the message short and its lines out, so that a view stays small', () => {
    const cause = causeOf({ message: 'x'.repeat(5000), lastLines: ['secret of nobody'] });
    let attempts: readonly AttemptView[] = [];
    for (let number = 1; number <= 100; number += 1) {
      attempts = withAttempt(attempts, attempt(number));
      attempts = withVerdict(attempts, verdictOf({ ...ref, attempt: number }, { phase: 'failed', cause, cost }));
      attempts = withRetry(attempts, `digits-abcdefgh-t${number}`, '2026-01-01T00:00:00.000Z');
    }
    expect(attempts).toHaveLength(SHOWN_ATTEMPTS);
    expect(attempts.at(-1)?.attempt).toBe(100);
    expect(JSON.stringify(attempts).length).toBeLessThan(32 * 1024);
    expect(JSON.stringify(attempts)).not.toContain('secret of nobody');
  });

  it('count a submission that is tried again once', () => {
    expect(withAttempt([attempt(1)], { ...attempt(1), resumedFrom: 'checkpoints/3' })).toEqual([
      { ...attempt(1), resumedFrom: 'checkpoints/3' },
    ]);
  });

  it('are all kept in the record, in their order, with what only the record knows', () => {
    const kept = [{ ...attempt(1), ignoreUpTo: '2026-01-01T00:00:00.000Z' }, attempt(2)];
    const seen = [{ ...attempt(2), phase: 'failed' as const }, attempt(3)];
    expect(mergeAttempts(kept, seen)).toEqual([kept[0], seen[0], seen[1]]);
    expect(mergeAttempts(kept, [{ ...attempt(1), phase: 'cancelled' }])[0]).toMatchObject({
      phase: 'cancelled',
      ignoreUpTo: '2026-01-01T00:00:00.000Z',
    });
  });

  it('do not go on after the run has ended', () => {
    const at = '2026-01-01T00:00:00.000Z';
    const ended = { ...attempt(1), phase: 'failed' as const };
    expect(endAttempts([ended, attempt(2)], at)).toEqual([
      ended,
      { ...attempt(2), phase: 'cancelled', finishedAt: at },
    ]);
  });
});
