import { describe, expect, it } from 'vitest';
import { toArgv } from '../../../recipes/arguments.ts';
import { command } from '../../../recipes/command.ts';
import { isBuilt, recipeParams } from '../../../recipes/registry.ts';
import { torchrun } from '../../../recipes/torchrun.ts';

describe('arguments', () => {
  it('become options in the order they were written', () => {
    expect(toArgv({ epochs: 3, lr: 0.05, name: 'a b', 'weight-decay': 1e-7 })).toEqual([
      '--epochs=3',
      '--lr=0.05',
      '--name=a b',
      '--weight-decay=1e-7',
    ]);
  });

  it('are a flag for true, nothing for false and null, and one option a value for a list', () => {
    expect(toArgv({ amp: true, half: false, seed: null, layers: [64, 32], none: [] })).toEqual([
      '--amp',
      '--layers=64',
      '--layers=32',
    ]);
  });

  it('keep a value that looks like an option with its own option', () => {
    expect(toArgv({ note: '--rm' })).toEqual(['--note=--rm']);
  });

  it('are taken as they are from a list', () => {
    expect(toArgv(['-v', 'x y', '--', '$HOME'])).toEqual(['-v', 'x y', '--', '$HOME']);
  });
});

describe('torchrun', () => {
  it('starts the script with Python, once a rank, and requires it to be there', () => {
    const params = torchrun.params.parse({ kind: 'torchrun', script: 'src/train.py', args: { epochs: 1 } });
    expect(torchrun.train(params)).toEqual({
      launcher: 'torchrun',
      step: { name: 'train', argv: ['python3', 'src/train.py', '--epochs=1'], cwd: 'code' },
      requiredFiles: ['src/train.py'],
    });
  });
});

describe('command', () => {
  it('starts any program, once a replica', () => {
    const params = command.params.parse({ kind: 'command', command: 'make "all of it"', args: { j: 2 } });
    expect(command.train(params)).toEqual({
      launcher: 'plain',
      step: { name: 'train', argv: ['make', 'all of it', '--j=2'], cwd: 'code' },
      requiredFiles: [],
    });
  });

  it('requires a program of the code to be there, and none of the site', () => {
    const files = (program: string): readonly string[] =>
      command.train(command.params.parse({ kind: 'command', command: [program] })).requiredFiles;
    expect([files('./run.sh'), files('/bin/true'), files('./../x')]).toEqual([['run.sh'], [], []]);
  });
});

describe('the registry', () => {
  it('knows recipes to come by name only', () => {
    expect(isBuilt(recipeParams.parse({ kind: 'llama-factory', stage: 'sft' }))).toBe(false);
    expect(isBuilt(recipeParams.parse({ kind: 'command', command: 'x' }))).toBe(true);
  });
});
