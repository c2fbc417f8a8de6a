import { describe, expect, it } from 'vitest';
import { sampleSetState } from '../../../../backends/paddlejob/sample-set.ts';

function sampleSet(status: unknown) {
  return { apiVersion: 'batch.paddlepaddle.org/v1alpha1', kind: 'SampleSet', metadata: { name: 'coco' }, status };
}

const sizes = { cacheStatus: { totalSize: '20 GiB', cachedSize: '2.4 GiB' }, runtimeStatus: { runtimeReady: '1/1' } };
const shown = '2.4 GiB of 20 GiB cached, 1/1 nodes of it ready';

describe('how far a sample set is', () => {
  it.each([
    ['none of that name fails', null, 'failed', 'there is no sample set coco'],
    ['one just made waits', sampleSet(undefined), 'waiting', 'sample set coco is not bound yet'],
    ['an empty phase waits', sampleSet({ phase: '' }), 'waiting', 'sample set coco is not bound yet'],
    ['Bound waits', sampleSet({ phase: 'Bound' }), 'waiting', 'sample set coco is Bound'],
    ['Mount waits', sampleSet({ phase: 'Mount' }), 'waiting', 'sample set coco is Mount'],
    [
      'Syncing waits and shows how much is cached',
      sampleSet({ phase: 'Syncing', cacheStatus: { totalSize: '20 GiB' } }),
      'waiting',
      'sample set coco is Syncing, 0 B of 20 GiB cached',
    ],
    [
      'PartialReady waits',
      sampleSet({ ...sizes, phase: 'PartialReady' }),
      'waiting',
      `sample set coco is PartialReady, ${shown}`,
    ],
    ['Ready is ready', sampleSet({ ...sizes, phase: 'Ready' }), 'ready', `sample set coco is Ready, ${shown}`],
    [
      'SyncFailed fails with what went wrong',
      sampleSet({ phase: 'SyncFailed', cacheStatus: { errorMassage: 'bucket not found' } }),
      'failed',
      'sample set coco is SyncFailed, bucket not found',
    ],
    ['a phase nobody knows waits', sampleSet({ phase: 'Resting' }), 'waiting', 'sample set coco is Resting'],
  ])('%s', (_claim, object, kind, message) => {
    expect(sampleSetState('coco', object)).toEqual({ kind, message });
  });
});
