import { describe, expect, it } from 'vitest';
import { readMetrics } from '../../../../../adapters/kubernetes/gpu/exposition.ts';
import { gpuUseOf } from '../../../../../adapters/kubernetes/gpu/gpu-use.ts';
import { dcgmText, hamiText, oldHamiText } from '../../../../support/gpu-texts.ts';

const GIB = 2 ** 30;

describe('what pods use of GPUs', () => {
  it('is the mean and the sum of the devices that DCGM says are theirs', () => {
    const found = gpuUseOf([dcgmText('toy-t1-0', 'ml')], 'ml');
    expect(found.get('toy-t1-0')).toEqual({ devices: 2, utilization: 0.75, memoryBytes: 3 * GIB });
  });

  it('of a part of a device is how busy that part is', () => {
    const found = gpuUseOf([dcgmText('toy-t1-0', 'ml')], 'ml');
    expect(found.get('toy-t1-0-part')).toEqual({ devices: 1, utilization: 0.25, memoryBytes: GIB / 2 });
  });

  it('is read in both forms of HAMi', () => {
    expect(gpuUseOf([hamiText('a', 'ml'), oldHamiText('b', 'ml')], 'ml')).toEqual(
      new Map([
        ['a', { devices: 1, utilization: 0.3, memoryBytes: 2_109_867_008 }],
        ['b', { devices: 1, utilization: 0.4, memoryBytes: 2 ** 20 }],
      ]),
    );
  });

  it('is counted once where several speak of it, and then what the pod has of a device, not the device', () => {
    const texts = [dcgmText('a', 'ml'), oldHamiText('a', 'ml'), hamiText('a', 'ml')];
    expect(gpuUseOf(texts, 'ml').get('a')).toEqual({ devices: 1, utilization: 0.3, memoryBytes: 2_109_867_008 });
  });

  it('is that of one namespace: a pod of the same name elsewhere is another', () => {
    expect(gpuUseOf([dcgmText('a', 'other'), hamiText('a', 'other')], 'ml').size).toBe(0);
  });

  it('is told by several nodes together', () => {
    const found = gpuUseOf([dcgmText('a', 'ml'), dcgmText('b', 'ml')], 'ml');
    expect([...found.keys()].toSorted()).toEqual(['a', 'a-part', 'b', 'b-part']);
  });

  it('is not known from what is no figure', () => {
    const text =
      'DCGM_FI_DEV_FB_USED{UUID="x",namespace="ml",pod="a"} NaN\nDCGM_FI_DEV_GPU_UTIL{UUID="x",namespace="ml",pod="a"} 7\n';
    expect(gpuUseOf([text], 'ml').get('a')).toEqual({ devices: 1, utilization: 0.07, memoryBytes: null });
  });
});

describe('a line of metrics', () => {
  const read = (line: string) => readMetrics(line, new Set(['m']));

  it.each([
    ['m 1', {}, 1],
    ['m{} 1e3', {}, 1000],
    ['m{a="b",} 1 1700000000000', { a: 'b' }, 1],
    ['m { a = "b" } 1', null, null],
    [String.raw`m{a="say \"hi\", {x} \\ and\nmore",b="2"} -0.5`, { a: 'say "hi", {x} \\ and\nmore', b: '2' }, -0.5],
  ])('%s', (line, labels, value) => {
    expect(read(line)).toEqual(labels === null ? [] : [{ name: 'm', labels, value }]);
  });

  it.each(['# m 1', 'other 1', 'm', 'm{a="b" 1', 'm{a="b} 1', 'm one', 'm +Inf', 'mm 1', ''])('%j is none', (line) => {
    expect(read(line)).toEqual([]);
  });

  it('takes no longer than its length: quotes that never end are given up', () => {
    const before = performance.now();
    expect(read(`m{${'a="\\\\'.repeat(50_000)}`)).toEqual([]);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
