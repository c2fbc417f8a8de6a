import { describe, expect, it } from 'vitest';
import { checkPaddleJobName, longestPaddleJobName } from '../../../../backends/paddlejob/names.ts';
import { jobName, jobPrefix } from '../../../../domain/names.ts';

describe('names of PaddleJobs', () => {
  it.each([
    ['up to 10 workers', 54, { worker: 10 }],
    ['up to 100 workers', 53, { worker: 11 }],
    ['up to 1000 workers', 52, { worker: 1000 }],
    ['few workers and many servers', 54, { worker: 2, ps: 1000 }],
    ['many workers of other hardware', 53, { worker: 2, heter: 1000 }],
  ])('with %s have at most %i characters', (_claim, longest, replicas) => {
    expect(longestPaddleJobName(replicas)).toBe(longest);
  });

  it('always fit when Trainyard makes them', () => {
    const name = jobName(jobPrefix('a'.repeat(40), new Uint8Array(32).fill(255)), 'package', 999);
    expect(() => checkPaddleJobName(name, { worker: 1000, ps: 1000, heter: 1000 })).not.toThrow();
  });

  it.each([
    ['one character too many', 'a'.repeat(55)],
    ['a digit in front, which a Service does not take', '1a'],
    ['a dot', 'a.b'],
  ])('are refused for %s, since nothing on the cluster would', (_claim, name) => {
    expect(() => checkPaddleJobName(name, { worker: 2 })).toThrow(expect.objectContaining({ code: 'TY_BACKEND_NAME' }));
  });
});
