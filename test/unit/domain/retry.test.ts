import { describe, expect, it } from 'vitest';
import { jobBackoffSeconds } from '../../../domain/retry.ts';

describe('the pause before a retry', () => {
  it('doubles up to five minutes, less at most half of it', () => {
    for (const [retry, longest] of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].entries()) {
      const seconds = jobBackoffSeconds(retry + 1, 'digits-abcdefgh-t1');
      expect(seconds).toBeGreaterThanOrEqual(longest / 2);
      expect(seconds).toBeLessThanOrEqual(longest);
    }
    expect(jobBackoffSeconds(5000, 'digits-abcdefgh-t1')).toBeLessThanOrEqual(300);
  });

  it('is the same again for the same job, as a replay needs it', () => {
    expect(jobBackoffSeconds(3, 'digits-abcdefgh-t3')).toBe(jobBackoffSeconds(3, 'digits-abcdefgh-t3'));
  });

  it('spreads the jobs that ended together over all of the time', () => {
    const pauses = Array.from({ length: 1000 }, (_none, index) => jobBackoffSeconds(9, `digits-${index}-t1`));
    const quarters = [0, 0, 0, 0];
    for (const pause of pauses) {
      const quarter = Math.min(3, Math.floor(((pause - 128) / 128) * 4));
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    for (const count of quarters) expect(count).toBeGreaterThan(180);
  });
});
