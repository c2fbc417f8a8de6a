import { describe, expect, it } from 'vitest';
import { paddlejobBackendOptions } from '../../../../backends/paddlejob/options.ts';

const parse = (fields: object) => paddlejobBackendOptions.safeParse({ kind: 'paddlejob', ...fields });
const created = (create: object) => parse({ sampleSet: { create } });

describe('options of the PaddleCloud backend', () => {
  it('need nothing but their kind, and leave pods to be read', () => {
    expect(parse({}).data).toEqual({ kind: 'paddlejob', intranet: 'PodIP', cleanPodPolicy: 'Never' });
  });

  it('leave a sample set for the next run', () => {
    expect(parse({ sampleSet: {} }).data?.sampleSet).toEqual({ keep: true });
  });

  it('take a source in either object store', () => {
    for (const uri of ['bos://paddleflow-public.hkg.example/coco', 's3://bucket']) {
      expect(created({ uri, store: 'data-center' }).data?.sampleSet?.create).toEqual({
        uri,
        store: 'data-center',
        sync: true,
      });
    }
  });

  it.each([
    ['a field nobody knows', { elastic: 2 }],
    ['a policy the operator does not know', { cleanPodPolicy: 'Sometimes' }],
    ['the network of the node', { intranet: 'Host' }],
    ['gloo for a third kind', { gloo: 3 }],
    ['a namespace that could be none', { sampleSet: { namespace: 'co.co' } }],
  ])('refuse %s', (_claim, fields) => {
    expect(parse(fields).success).toBe(false);
  });

  it.each([
    ['a source with a password in it', { uri: 's3://user:secret@bucket/x', store: 's' }],
    ['a source that is none', { uri: 'https://bucket/x', store: 's' }],
    ['no store', { uri: 's3://bucket/x' }],
    ['no partition at all', { uri: 's3://bucket/x', store: 's', partitions: 0 }],
    ['a cache nowhere', { uri: 's3://bucket/x', store: 's', cache: [] }],
    [
      'a cache in a folder of nobody',
      { uri: 's3://bucket/x', store: 's', cache: [{ medium: 'SSD', path: 'x', gib: 1 }] },
    ],
  ])('refuse a sample set with %s', (_claim, create) => {
    expect(created(create).success).toBe(false);
  });
});
