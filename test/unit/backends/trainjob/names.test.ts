import { describe, expect, it } from 'vitest';
import { checkTrainJobName, longestTrainJobName } from '../../../../backends/trainjob/names.ts';
import { jobName, jobPrefix } from '../../../../domain/names.ts';

describe('names of TrainJobs', () => {
  it.each([
    ['up to 10 nodes', 48, 10, []],
    ['up to 100 nodes', 47, 11, []],
    ['up to 1000 nodes', 46, 1000, []],
    ['with a model initializer', 35, 1, ['model-initializer']],
    ['with a dataset initializer', 33, 1, ['model-initializer', 'dataset-initializer']],
  ] as const)('%s have at most %i characters', (_claim, longest, nodes, initializers) => {
    expect(longestTrainJobName(nodes, initializers)).toBe(longest);
    const pod = `${'a'.repeat(longest)}-node-0-${nodes - 1}-01234`;
    expect(pod.length).toBeLessThanOrEqual(63);
  });

  it('always fit when Trainyard makes them', () => {
    const name = jobName(jobPrefix('a'.repeat(40), new Uint8Array(32).fill(255)), 'package', 999);
    expect(() => checkTrainJobName(name, 1000)).not.toThrow();
  });

  it.each([
    ['one character too many', 'a'.repeat(49)],
    ['a digit in front', '1a'],
    ['a dot', 'a.b'],
    ['a dash at the end', 'a-'],
    ['nothing at all', ''],
  ])('are refused for %s', (_claim, name) => {
    expect(() => checkTrainJobName(name, 2)).toThrow(expect.objectContaining({ code: 'TY_BACKEND_NAME' }));
  });
});
