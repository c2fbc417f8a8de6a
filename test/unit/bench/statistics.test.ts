import { describe, expect, it } from 'vitest';
import { ratio, summarize } from '../../../bench/support/statistics.ts';

describe('summarize', () => {
  it('gives figures that were measured, by nearest rank', () => {
    const values = Array.from({ length: 30 }, (_, at) => 30 - at);
    expect(summarize(values)).toEqual({ p50: 15, p95: 29, min: 1, max: 30, count: 30 });
  });

  it('gives a single value for all', () => {
    expect(summarize([0.5])).toEqual({ p50: 0.5, p95: 0.5, min: 0.5, max: 0.5, count: 1 });
  });

  it('gives no figure for nothing', () => {
    expect(summarize([]).p50).toBeNaN();
  });
});

describe('ratio', () => {
  it('has no value against nothing', () => {
    expect(ratio(1, 0)).toBe('-');
    expect(ratio(3, 2)).toBe('1.50 x');
  });
});
