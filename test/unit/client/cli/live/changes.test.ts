import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../../../../client/cli/live/changes.ts';
import { texts } from '../../../../../client/cli/messages/texts.ts';
import { runView } from '../run-view.ts';

const style = { say: texts('en'), last: null } as const;

describe('changesBetween', () => {
  it('tells at first everything that has happened', () => {
    expect(changesBetween(null, runView(), style)).toEqual([
      '2026-01-01T00:00:05Z resolve: done',
      '2026-01-01T00:00:15Z fetch: done',
      '2026-01-01T00:00:20Z train: running',
    ]);
  });

  it('tells then only what is new, with the last loss when training is done', () => {
    const after = runView({}, { train: 'done', package: 'running' });
    expect(changesBetween(runView(), after, { ...style, last: [40, 0.125] })).toEqual([
      '2026-01-01T00:00:25Z train: done',
      '2026-01-01T00:00:30Z package: running',
      '2026-01-01T00:00:25Z step 40: loss 0.125',
    ]);
    expect(changesBetween(after, after, style)).toEqual([]);
  });

  it('tells why a run waits and how to answer it', () => {
    const parked = runView({ status: 'parked', parkedUntil: 'T', error: { code: 'TY_DISK_FULL', message: 'no room' } });
    expect(changesBetween(runView(), parked, style)).toEqual([
      'TY_DISK_FULL: no room',
      expect.stringContaining('trainyard run retry run-digits-a2b3c4'),
    ]);
  });
});
