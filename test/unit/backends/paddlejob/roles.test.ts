import { describe, expect, it } from 'vitest';
import { paddleRoles } from '../../../../backends/paddlejob/roles.ts';
import { rolePlan } from '../../../support/job-request.ts';

const roles = (...names: readonly string[]) => names.map((name) => ({ ...rolePlan(['true']), name }));
const partsOf = (...names: readonly string[]) =>
  [...paddleRoles(roles(...names))].map(([part, { name }]) => [part, name]);

describe('roles of a PaddleJob', () => {
  it('makes the only role the worker, whatever its name', () => {
    expect(partsOf('train')).toEqual([['worker', 'train']]);
  });

  it('takes servers, workers and workers of other hardware by name', () => {
    expect(partsOf('ps', 'worker', 'heter')).toEqual([
      ['ps', 'ps'],
      ['worker', 'worker'],
      ['heter', 'heter'],
    ]);
  });

  it.each([
    ['a role it does not know', ['worker', 'evaluator']],
    ['servers without workers', ['ps', 'heter']],
    ['two roles of one name', ['worker', 'worker', 'ps']],
    ['no role at all', []],
  ])('refuses %s', (_claim, names) => {
    expect(() => paddleRoles(roles(...names))).toThrow(expect.objectContaining({ code: 'TY_BACKEND_UNSUPPORTED' }));
  });
});
