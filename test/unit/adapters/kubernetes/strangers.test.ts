import { describe, expect, it } from 'vitest';
import { isOfStranger, strangerOf, withoutStranger } from '../../../../adapters/kubernetes/strangers.ts';
import type { KubeObject } from '../../../../domain/cluster-job.ts';
import { noon } from '../../../support/cluster-job.ts';

const object = (metadata: Partial<KubeObject['metadata']>): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'digits-abcdefgh-t1', ...metadata },
});

describe('an object of another under the name of a job', () => {
  it('is told by its uid, as soon as ours is known', () => {
    expect(strangerOf('ours', object({ uid: 'ours' }))).toBeNull();
    expect(strangerOf('ours', object({ uid: 'theirs' }))?.metadata.uid).toBe('theirs');
    expect(strangerOf(null, object({ uid: 'theirs' }))).toBeNull();
    expect(strangerOf('ours', null)).toBeNull();
  });

  it('has with it what it owns and what is younger, and nothing of ours', () => {
    const stranger = object({ uid: 'theirs', creationTimestamp: noon(100) });
    const owner = (uid: string) => [{ kind: 'Job', name: 'digits-abcdefgh-t1', uid }];
    expect(isOfStranger(stranger, stranger)).toBe(true);
    expect(
      isOfStranger(object({ uid: '1', creationTimestamp: noon(100), ownerReferences: owner('theirs') }), stranger),
    ).toBe(true);
    expect(isOfStranger(object({ uid: '2', creationTimestamp: noon(101) }), stranger)).toBe(true);
    expect(
      isOfStranger(object({ uid: '3', creationTimestamp: noon(10), ownerReferences: owner('ours') }), stranger),
    ).toBe(false);
    expect(isOfStranger(object({ uid: '4', creationTimestamp: noon(101) }), null)).toBe(false);
  });

  it('has with it what is owned by what it owns, though all of it came in one second', () => {
    const at = { creationTimestamp: noon(100) };
    const stranger = object({ uid: 'theirs', ...at });
    const of = (uid: string, owner: string) =>
      object({ uid, ...at, ownerReferences: [{ kind: 'Job', name: 'any', uid: owner }] });
    const found = [of('pod', 'job'), of('job', 'set'), of('set', 'theirs'), stranger, of('our-pod', 'our-job')];
    const ours = withoutStranger(
      found.map((one) => ({ object: one })),
      stranger,
    );
    expect(ours.map((one) => one.object.metadata.uid)).toEqual(['our-pod']);
  });
});
