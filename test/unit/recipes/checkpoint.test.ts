import { describe, expect, it } from 'vitest';
import { checkpointOf, declaredCheckpoint } from '../../../recipes/checkpoint.ts';
import { parseSpec } from '../../../spec/training-spec.ts';
import { trainJob } from '../../../spec/job-plans.ts';

const planOf = (declared: unknown) => checkpointOf(declaredCheckpoint.parse(declared)).checkpoint;

describe('a declared checkpoint', () => {
  it('is gone on from with one argument, and after any failure, unless it says otherwise', () => {
    expect(planOf({ path: 'checkpoints' })).toEqual({
      path: 'checkpoints',
      resume: ['--resume={checkpoint}'],
      onCodeFailure: 'resume',
      from: null,
    });
  });

  it('is one path, however it is written', () => {
    expect(planOf({ path: './weights//last/' })?.path).toBe('weights/last');
    expect(planOf({ path: './' })?.path).toBe('.');
    expect(planOf({ path: 'out/checkpoint-*' })?.path).toBe('out/checkpoint-*');
  });

  it.each([
    [{ path: '../elsewhere' }],
    [{ path: '/model/checkpoints' }],
    [{ path: 'epoch-*/weights' }],
    [{ path: 'checkpoints', from: '../run' }],
    [{ path: 'checkpoints', from: 'a..b' }],
    [{ path: 'checkpoints', resume: '--resume {checkpoint}' }],
    [{}],
  ])('is refused as %j', (declared) => {
    expect(declaredCheckpoint.safeParse(declared).success).toBe(false);
  });

  it.each(['torchrun', 'command'] as const)('of a %s recipe is part of the training job, and of no other', (kind) => {
    const recipe = kind === 'torchrun' ? { kind, script: 'train.py' } : { kind, command: ['train'] };
    const document = {
      name: 'digits',
      model: { repo: 'https://git.test/model' },
      recipe: { ...recipe, checkpoint: { path: 'checkpoints' } },
    };
    const parsed = parseSpec(document);
    if (!parsed.ok) throw parsed.error;
    const { checkpoint, roles } = trainJob(parsed.spec);
    expect(checkpoint?.path).toBe('checkpoints');
    // Not before there is something to go on from.
    expect(JSON.stringify(roles)).not.toContain('resume');
    expect(parseSpec(parsed.spec)).toEqual(parsed);
  });

  it('is nothing where it is left out', () => {
    expect(checkpointOf(undefined)).toEqual({});
    expect(checkpointOf(null)).toEqual({});
  });
});
