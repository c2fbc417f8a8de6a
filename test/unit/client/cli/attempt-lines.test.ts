import { describe, expect, it } from 'vitest';
import { attemptLines } from '../../../../client/cli/attempt-lines.ts';
import type { LineStyle } from '../../../../client/cli/run-lines.ts';
import { newAttempt } from '../../../../domain/attempt.ts';
import type { AttemptView } from '../../../../domain/attempt.ts';
import { NOW, runView } from './run-view.ts';

const STYLE: LineStyle = { lang: 'en', colour: false, now: NOW };

const at = (second: number): string => new Date(NOW.getTime() + (second - 60) * 1000).toISOString();

function attempt(number: number, changes: Partial<AttemptView> = {}): AttemptView {
  return { ...newAttempt({ job: `d-t${number}`, purpose: 'train', attempt: number }, null), ...changes };
}

const preempted = attempt(1, {
  phase: 'failed',
  startedAt: at(0),
  finishedAt: at(40),
  cause: { kind: 'preempted', budget: 'infrastructure', message: 'worker rank 0 had to\nmake room' },
  lostSeconds: 12,
  lostAcceleratorSeconds: 96,
  nextAt: at(75),
});
const lines = (...attempts: readonly AttemptView[]): string => attemptLines(runView({ attempts }), STYLE).join('\n');

describe('the attempts of a run', () => {
  it('are not shown while there is nothing to tell', () => {
    expect(attemptLines(runView(), STYLE)).toEqual([]);
    expect(lines(attempt(1, { startedAt: at(0) }))).toBe('');
    expect(lines(attempt(1), { ...attempt(1), job: 'd-p1', purpose: 'package' })).toBe('');
  });

  it('are shown with the reason, the budget, what was lost, and when the next one begins', () => {
    const [, heading, row] = lines(preempted).split('\n');
    expect(heading).toMatch(/^ATTEMPT +STATUS +TIME +LOST +FROM +WHY$/);
    expect(row).toMatch(/^train 1 +failed +40s +12s \(1m 36s of all accelerators\) +preempted, infrastructure: /);
    expect(row).toContain('worker rank 0 had to make room · tried again in 15s');
  });

  it('are shown with the checkpoint they went on from, and no more with the wait that is over', () => {
    const text = lines({ ...preempted, nextAt: at(45) }, attempt(2, { resumedFrom: 'checkpoints/epoch-9' }));
    expect(text).toMatch(/train 2 +running +from checkpoints\/epoch-9/);
    expect(text).not.toContain('tried again');
  });

  it('are shown when a first attempt was started warm', () => {
    expect(lines(attempt(1, { resumedFrom: 'last.pt' }))).toContain('from last.pt');
  });

  it('cannot move the cursor with the names of their files', () => {
    expect(lines(attempt(1, { resumedFrom: 'a\u001b[2Jb' }))).not.toContain('\u001b');
  });
});
