import { describe, expect, it } from 'vitest';
import { explainCommand } from '../../../spec/explain-command.ts';
import { parseSpec } from '../../../spec/training-spec.ts';
import { specInput } from './spec-builder.ts';

function lines(parts: Readonly<Record<string, unknown>>): string[] {
  const parsed = parseSpec(specInput(parts));
  if (!parsed.ok) throw parsed.error;
  return explainCommand(parsed.spec);
}

describe('the preview of commands', () => {
  it('has one line a rank, with what torchrun would set', () => {
    expect(lines({ compute: { replicas: 2, procsPerReplica: 2 } }).map((line) => line.split(' python3')[0])).toEqual([
      'train rank 0: NNODES=2 NODE_RANK=0 RANK=0 LOCAL_RANK=0 WORLD_SIZE=4',
      'train rank 1: NNODES=2 NODE_RANK=0 RANK=1 LOCAL_RANK=1 WORLD_SIZE=4',
      'train rank 2: NNODES=2 NODE_RANK=1 RANK=2 LOCAL_RANK=0 WORLD_SIZE=4',
      'train rank 3: NNODES=2 NODE_RANK=1 RANK=3 LOCAL_RANK=1 WORLD_SIZE=4',
    ]);
  });

  it('quotes what a shell would read differently', () => {
    const recipe = { kind: 'command', command: ['echo', '$HOME', "it's", '; rm -rf /'] };
    expect(lines({ recipe })).toEqual([`train: echo '$HOME' 'it'\\''s' '; rm -rf /'`]);
  });

  it('names the role where there are several, and needs no image to be known', () => {
    const roles = [
      { name: 'ps', command: 'a', params: { job: 'ps' } },
      { name: 'worker', command: 'b', replicas: 2 },
    ];
    expect(lines({ backend: { kind: 'volcano' }, recipe: null, roles })).toEqual([
      'train ps: NNODES=3 NODE_RANK=0 a --job=ps',
      'train worker rank 0: NNODES=3 NODE_RANK=1 b',
      'train worker rank 1: NNODES=3 NODE_RANK=2 b',
    ]);
  });

  it('goes on with export, layout and evaluation', () => {
    const all = lines({ package: { script: 'export.py', args: { half: true } }, evaluate: { command: 'make score' } });
    expect(all.map((line) => line.split(':')[0])).toEqual(['train', 'package', 'layout', 'evaluate']);
    expect(all[1]).toBe('package: python3 export.py --half');
    expect(all[3]).toBe('evaluate: make score');
  });
});
