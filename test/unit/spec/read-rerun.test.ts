import { describe, expect, it } from 'vitest';
import { TrainyardError } from '../../../domain/errors.ts';
import { readRerun } from '../../../spec/read-rerun.ts';

describe('the request to go on from a run', () => {
  it('is read as any client sends it', () => {
    expect(readRerun({ of: 'run-a', from: 'push', set: ['a=1'] })).toEqual({ of: 'run-a', from: 'push', set: ['a=1'] });
    expect(readRerun({ of: 'run-a', from: 'fetch', site: 'gpu' })).toEqual({ of: 'run-a', from: 'fetch', site: 'gpu' });
  });

  it.each([
    ['no run', { from: 'push' }, 'rerun.of'],
    ['a stage that is none', { of: 'run-a', from: 'serve' }, 'rerun.from'],
    ['the stage that makes the plan', { of: 'run-a', from: 'resolve' }, 'rerun.from'],
    ['a field that does not exist', { of: 'run-a', from: 'push', force: true }, 'rerun.force'],
    ['set that is no list', { of: 'run-a', from: 'push', set: 'a=1' }, 'rerun.set'],
    ['no object', 'run-a', 'rerun'],
  ])('is refused with %s', (_claim, given, path) => {
    const error = (() => {
      try {
        return readRerun(given);
      } catch (caught) {
        return caught;
      }
    })();
    if (!(error instanceof TrainyardError)) throw new Error('it was read');
    expect(error.code).toBe('TY_SPEC_INVALID');
    expect(error.details.issues?.map((issue) => issue.path)).toEqual([path]);
  });
});
