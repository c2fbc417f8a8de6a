import { describe, expect, it } from 'vitest';
import { texts } from '../../../../../client/cli/messages/texts.ts';
import { age, byteSize, duration, figure } from '../../../../../client/cli/terminal/format.ts';
import { table } from '../../../../../client/cli/terminal/table.ts';

const say = texts('en');

describe('duration', () => {
  it.each([
    [0.04, '0.0s'],
    [9.94, '9.9s'],
    [12.7, '12s'],
    [60, '1m 0s'],
    [3_725, '1h 2m'],
    [200_000, '2d 7h'],
    [-5, '0.0s'],
  ])('says %d seconds as %s', (seconds, text) => {
    expect(duration(seconds, say)).toBe(text);
  });

  it('speaks Chinese', () => {
    expect(duration(65, texts('zh'))).toBe('1分 5秒');
  });
});

describe('other figures', () => {
  it('gives an age in one unit', () => {
    const now = new Date('2026-01-02T00:00:00Z');
    expect(age('2026-01-01T23:59:30Z', now, say)).toBe('30s');
    expect(age('2026-01-01T00:00:00Z', now, say)).toBe('24h');
    expect(age('2025-12-01T00:00:00Z', now, say)).toBe('32d');
  });

  it('gives sizes in binary units', () => {
    expect([0, 1023, 1536, 5 * 2 ** 30].map(byteSize)).toEqual(['0 B', '1023 B', '1.5 KiB', '5.0 GiB']);
  });

  it('gives numbers in few characters', () => {
    expect([0.98312, 12, 0.00001234, 1e9, 0, Number.NaN].map(figure)).toEqual([
      '0.9831',
      '12',
      '1.23e-5',
      '1.00e+9',
      '0',
      'NaN',
    ]);
  });
});

describe('table', () => {
  it('aligns columns that hold wide characters and colour', () => {
    const lines = table(
      ['名称', 'X'],
      [
        ['\u001b[31mab\u001b[39m', '1'],
        ['abcdef', '2'],
      ],
    );
    expect(lines).toEqual(['名称    X', '\u001b[31mab\u001b[39m      1', 'abcdef  2']);
  });
});
