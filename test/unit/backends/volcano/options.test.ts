import { describe, expect, it } from 'vitest';
import { volcanoBackendOptions } from '../../../../backends/volcano/options.ts';

const accepts = (fields: object): boolean => volcanoBackendOptions.safeParse({ kind: 'volcano', ...fields }).success;

describe('the options of Volcano', () => {
  it.each([
    ['nothing but the kind', {}],
    ['a queue that a label can hold', { queue: 'q'.repeat(63) }],
    ['a claim of its own', { volumes: [{ mountPath: '/work', volumeClaim: { size: '5Gi' } }] }],
  ])('can be %s', (_name, fields) => {
    expect(accepts(fields)).toBe(true);
  });

  it.each([
    ['a queue longer than a label', { queue: 'q'.repeat(64) }],
    ['a queue with a line break', { queue: 'ml\nroot' }],
    [
      'a volume with both a claim and a wish for one',
      { volumes: [{ mountPath: '/w', claim: 'c', volumeClaim: { size: '1Gi' } }] },
    ],
    ['a volume with neither', { volumes: [{ mountPath: '/w' }] }],
    ['a mount path that Volcano would split', { volumes: [{ mountPath: '/a:b', claim: 'c' }] }],
    ['no replica at least', { minReplicas: 0 }],
    ['fields of a pod', { hostNetwork: true }],
  ])('cannot be %s', (_name, fields) => {
    expect(accepts(fields)).toBe(false);
  });
});
