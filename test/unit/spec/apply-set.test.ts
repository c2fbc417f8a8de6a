import { describe, expect, it } from 'vitest';
import { TrainyardError } from '../../../domain/errors.ts';
import { applySet } from '../../../spec/apply-set.ts';

const document = { name: 'a', recipe: { args: { epochs: 3 } }, list: [{ x: 1 }] };

describe('--set', () => {
  it.each([
    ['recipe.args.epochs=5', { recipe: { args: { epochs: 5 } } }],
    ['recipe.args.note=a=b', { recipe: { args: { epochs: 3, note: 'a=b' } } }],
    ['compute.replicas=2', { compute: { replicas: 2 } }],
    ['limits.total=null', { limits: { total: null } }],
    ['recipe.args.on=true', { recipe: { args: { epochs: 3, on: true } } }],
    ['recipe.args.layers=[1, 2]', { recipe: { args: { epochs: 3, layers: [1, 2] } } }],
    ['recipe.args.id="007"', { recipe: { args: { epochs: 3, id: '007' } } }],
    ['description=', { description: '' }],
    ['list.0.x=2', { list: [{ x: 2 }] }],
  ])('%s', (assignment, expected) => {
    expect(applySet(document, [assignment])).toEqual({ ...document, ...expected });
  });

  it('leaves the document it was given as it is', () => {
    applySet(document, ['name=b', 'recipe.args.epochs=9']);
    expect(document).toEqual({ name: 'a', recipe: { args: { epochs: 3 } }, list: [{ x: 1 }] });
  });

  it.each(['epochs', '=5', 'a..b=1', '.a=1', 'name.x=1', 'list.first=1', '__proto__.x=1', 'a.constructor.b=1', 'a=[1'])(
    'refuses %s',
    (assignment) => {
      expect(() => applySet(document, [assignment])).toThrow(expect.objectContaining({ code: 'TY_CLI_USAGE' }));
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    },
  );

  it('does not repeat the value in the fault', () => {
    try {
      applySet(document, ['name.x=s3cret']);
      throw new Error('was accepted');
    } catch (error) {
      if (!(error instanceof TrainyardError)) throw error;
      expect(JSON.stringify([error.message, error.details])).not.toContain('s3cret');
    }
  });
});
