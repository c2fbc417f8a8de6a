import { describe, expect, it } from 'vitest';
import { fitsName, isUnfinished, newestOf, placeOfCopy } from '../../../domain/checkpoint.ts';

describe('a name', () => {
  it.each([
    '.epoch-3.pt',
    '~epoch-3.pt',
    'epoch-3.pt~',
    'epoch-3.pt.tmp',
    'epoch-3.pt.tmp-91f2',
    'epoch-3.ckpt.part',
    'tmp-checkpoint-500',
    'tmp',
    '500.orbax-checkpoint-tmp-17',
    'model.safetensors.incomplete',
    'epoch-3.temp',
    'last.lock',
  ])('%s is of something unfinished', (name) => {
    expect(isUnfinished(name)).toBe(true);
  });

  it.each(['epoch-3.pt', 'last.ckpt', 'checkpoint-500', 'temperature-0.7.pt', 'partition-2', 'attempt-1', 'blocks'])(
    '%s is of something finished',
    (name) => {
      expect(isUnfinished(name)).toBe(false);
    },
  );

  it('fits another with stars in it as a whole, and its other characters as they are', () => {
    expect(fitsName('checkpoint-500', 'checkpoint-*')).toBe(true);
    expect(fitsName('old-checkpoint-500', 'checkpoint-*')).toBe(false);
    expect(fitsName('e3.pt', 'e*.pt')).toBe(true);
    expect(fitsName('e3xpt', 'e*.pt')).toBe(false);
    expect(fitsName('a+b', 'a+*')).toBe(true);
  });
});

describe('the newest checkpoint', () => {
  it('is the one that was written last, whatever its name', () => {
    const found = [
      { path: 'step-9', at: '2026-01-01T00:00:01.000Z' },
      { path: 'step-10', at: '2026-01-01T00:00:00.000Z' },
    ];
    expect(newestOf(found)?.path).toBe('step-9');
  });

  it('is the one with the highest number of those that were written at once', () => {
    const at = '2026-01-01T00:00:00.000Z';
    expect(newestOf(['step-9', 'step-10', 'step-2'].map((path) => ({ path, at })))?.path).toBe('step-10');
  });

  it('is nothing where there is none', () => {
    expect(newestOf([])).toBeNull();
  });
});

describe("the copy of another run's checkpoint", () => {
  it.each([
    ['where it was, with the same recipe', 'checkpoints', 'checkpoints/step-5', 'checkpoints', 'checkpoints/step-5'],
    ['in the folder that is declared', 'ckpt', 'checkpoints/step-5', 'checkpoints', 'ckpt/step-5'],
    ['at the file that is declared', 'weights/last.pt', 'checkpoints/step-5', 'checkpoints', 'weights/last.pt'],
    ['beside what its name is to fit', 'out/checkpoint-*', 'a/checkpoint-5', 'a', 'out/checkpoint-5'],
    ['in the output folder itself', 'checkpoint-*', 'a/checkpoint-5', 'a', 'checkpoint-5'],
  ])('lies %s', (_where, path, source, declared, place) => {
    expect(placeOfCopy(path, source, declared)).toBe(place);
  });
});
