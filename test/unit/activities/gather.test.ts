import { describe, expect, it } from 'vitest';
import { allOf } from '../../../activities/gather.ts';
import { TrainyardError } from '../../../domain/errors.ts';

const unreachable = new TrainyardError('TY_GIT_UNREACHABLE', 'no answer', { where: 'model' });
const taken = new TrainyardError('TY_OUTPUT_BRANCH_TAKEN', 'branch x exists already', { where: 'output.branch' });

describe('allOf', () => {
  it('gives every result in its place', async () => {
    expect(await allOf([Promise.resolve(1), Promise.resolve('two')])).toEqual([1, 'two']);
  });

  it('throws a single error as it is', async () => {
    await expect(allOf([Promise.resolve(1), Promise.reject(taken)])).rejects.toBe(taken);
  });

  it('waits for the others before it throws', async () => {
    const slow = Promise.withResolvers<void>();
    let thrown = false;
    const all = allOf([Promise.reject(taken), slow.promise]).catch(() => (thrown = true));
    await Promise.resolve();
    expect(thrown).toBe(false);
    slow.resolve();
    await all;
    expect(thrown).toBe(true);
  });

  it('is retryable only when everything that failed is, and lists it all', async () => {
    const both = allOf([Promise.reject(unreachable), Promise.reject(taken)]);
    await expect(both).rejects.toMatchObject({
      code: 'TY_OUTPUT_BRANCH_TAKEN',
      details: { issues: [{ code: 'TY_GIT_UNREACHABLE' }, { code: 'TY_OUTPUT_BRANCH_TAKEN' }] },
    });
    await expect(allOf([Promise.reject(unreachable), Promise.reject(unreachable)])).rejects.toMatchObject({
      code: 'TY_GIT_UNREACHABLE',
    });
  });

  it('keeps the findings of an error that had gathered some already', async () => {
    const inner = allOf([Promise.reject(unreachable), Promise.reject(unreachable)]);
    await expect(allOf([inner, Promise.reject(taken)])).rejects.toMatchObject({
      details: { issues: [{}, {}, { path: 'output.branch' }] },
    });
  });
});
