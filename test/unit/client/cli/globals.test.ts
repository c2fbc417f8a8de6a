import { describe, expect, it } from 'vitest';
import { readGlobals } from '../../../../client/cli/globals.ts';

describe('readGlobals', () => {
  it('finds global options anywhere among the words', () => {
    const globals = readGlobals(['run', 'get', '-o', 'json', '--lang=zh', '-q', '--no-input', '-C', '/x'], {});
    expect(globals).toMatchObject({ format: 'json', lang: 'zh', quiet: true, noInput: true, directory: '/x' });
  });

  it.each([[['-ojson']], [['--output=json']], [['--output', 'json']]])('reads %j', (argv) => {
    expect(readGlobals(argv, {}).format).toBe('json');
  });

  it('leaves alone what stands after --', () => {
    expect(readGlobals(['x', '--', '-o', 'json', '--yes'], {})).toMatchObject({ format: 'table', yes: false });
  });

  it('keeps the table for a form that does not exist, so that the refusal can be read', () => {
    expect(readGlobals(['-o', 'xml'], {}).format).toBe('table');
  });
});
