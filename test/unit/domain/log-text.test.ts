import { describe, expect, it } from 'vitest';
import { cleanLines, splitStamp, stampNanos } from '../../../domain/log-text.ts';

describe('the time before a line', () => {
  it.each([
    ['2026-01-02T03:04:05.123456789Z step 1', '2026-01-02T03:04:05.123456789Z', 'step 1'],
    ['2026-01-02T03:04:05+08:00   indented', '2026-01-02T03:04:05+08:00', '  indented'],
    ['2026-01-02T03:04:05.1Z ', '2026-01-02T03:04:05.1Z', ''],
    ['2026-01-02T03:04:05.1Z', '2026-01-02T03:04:05.1Z', ''],
  ])('of %j is taken off', (line, at, text) => {
    expect(splitStamp(line)).toEqual({ at, text });
  });

  it.each(['step 1', '2026-01-02 03:04:05 INFO x', '2026-01-02T03:04:05ZZ x', ' 2026-01-02T03:04:05Z x', ''])(
    'of %j is not made up',
    (line) => {
      expect(splitStamp(line)).toBeNull();
      expect(stampNanos(line)).toBeNull();
    },
  );

  it('is exact to the nanosecond in every zone', () => {
    const first = stampNanos('2026-01-02T03:04:05.000000001Z x') ?? 0n;
    expect(stampNanos('2026-01-02T11:04:05.000000002+08:00 x')).toBe(first + 1n);
    expect(stampNanos('2026-01-02T03:04:05.1Z x')).toBe(first - 1n + 100_000_000n);
  });
});

describe('clean lines', () => {
  it('hold what a person saw', () => {
    expect(cleanLines('\u001b]0;title\u0007a\r\n10%\r20%\n\n\u0000b\tc\n')).toEqual(['a', '20%', 'b\tc']);
  });
});
