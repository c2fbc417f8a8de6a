import { describe, expect, it } from 'vitest';
import { askShape, elementCount, faultOf } from '../../../domain/inference.ts';

const DECLARED = [{ name: 'OUTPUT__0', datatype: 'FP32', shape: [-1, 2] }];

describe('askShape', () => {
  it('asks with one row and fills every other free size', () => {
    expect(askShape([-1, 3, 8])).toEqual([1, 3, 8]);
    expect(askShape([-1, -1])).toEqual([1, 32]);
    expect(elementCount(askShape([4, 2]))).toBe(8);
  });
});

describe('faultOf', () => {
  it('finds nothing wrong with an answer as declared', () => {
    expect(faultOf(DECLARED, [{ name: 'OUTPUT__0', datatype: 'FP32', shape: [1, 2], data: [0, null] }])).toBeNull();
  });

  it.each([
    ['an output is missing', [], 'no output OUTPUT__0'],
    ['the shape is another', [{ name: 'OUTPUT__0', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }], '[1, 3]'],
    ['values are missing', [{ name: 'OUTPUT__0', datatype: 'FP32', shape: [1, 2], data: [1] }], '1 values'],
  ])('says so when %s', (_claim, outputs, words) => {
    expect(faultOf(DECLARED, outputs)).toContain(words);
  });
});
