import { describe, expect, it } from 'vitest';
import { trainjobBackendOptions } from '../../../../backends/trainjob/options.ts';

const parse = (fields: object) => trainjobBackendOptions.safeParse({ kind: 'trainjob', ...fields });

describe('options of the Trainer backend', () => {
  it('need nothing but their kind', () => {
    expect(parse({}).data).toEqual({ kind: 'trainjob', gangTimeoutSeconds: 60 });
  });

  it.each([
    [
      'a name is a runtime of the cluster',
      'torch-distributed',
      { kind: 'ClusterTrainingRuntime', name: 'torch-distributed' },
    ],
    ['so is a name in an object', { name: 'torch' }, { kind: 'ClusterTrainingRuntime', name: 'torch' }],
    [
      'a runtime of the namespace is named with its kind',
      { kind: 'TrainingRuntime', name: 'torch' },
      { kind: 'TrainingRuntime', name: 'torch' },
    ],
  ])('%s', (_claim, runtime, parsed) => {
    expect(parse({ runtime }).data?.runtime).toEqual(parsed);
  });

  it.each([
    ['a field nobody knows', { runtimePatches: [] }],
    ['a runtime of another kind', { runtime: { kind: 'Pod', name: 'x' } }],
    ['a name that is none', { runtime: 'Torch Distributed' }],
    ['a queue too long for a label', { queue: 'q'.repeat(64) }],
    ['a gang nobody forms', { gang: 'gang' }],
    ['a topology without a tier', { networkTopology: { mode: 'hard' } }],
    ['no time at all for the gang', { gangTimeoutSeconds: 0 }],
  ])('refuse %s', (_claim, fields) => {
    expect(parse(fields).success).toBe(false);
  });
});
