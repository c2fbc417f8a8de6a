import { describe, expect, it, vi } from 'vitest';
import { run } from '../../../../../client/cli/commands/run-exec.ts';
import type { Composition, RankCommand } from '../../../../../client/cli/context.ts';
import type { RunFiles } from '../../../../../ports/run-files.ts';
import { fakeContext, input } from '../fake-context.ts';

const RUN = 'run-digits-a2b3c4';

function executing(code = 0) {
  const execInRank = vi.fn((_files: RunFiles, _wish: RankCommand) => Promise.resolve(code));
  const composition = () => Promise.resolve({ execInRank } as Partial<Composition> as Composition);
  const fake = fakeContext({ composition, runFiles: () => Promise.resolve({} as RunFiles), stdin: 'note' });
  return { ...fake, wish: () => execInRank.mock.calls[0]?.[1] };
}

describe('run exec', () => {
  it('ends with the exit code of the command, whatever it is', async () => {
    expect(await run(executing(42).context, input([RUN, 'false']))).toBe(42);
  });

  it('passes the words on as they are, and no input that nobody offered', async () => {
    const { context, wish } = executing();
    await run(context, input([RUN, 'sh', '-c', 'a b'], { rank: '3', role: 'ps' }));
    expect(wish()).toMatchObject({ runId: RUN, rank: 3, role: 'ps', command: ['sh', '-c', 'a b'] });
    expect(wish()).toMatchObject({ stdin: null, terminal: null });
  });

  it('gives standard input with --stdin', async () => {
    const { context, wish } = executing();
    await run(context, input([RUN, 'cat'], { stdin: true }));
    expect(wish()?.stdin).toBe(context.streams.stdin);
  });

  it('puts a terminal into raw mode while the command runs, and back when it has failed', async () => {
    const modes: boolean[] = [];
    const { context, wish } = executing();
    const stdin = Object.assign(context.streams.stdin, { isTTY: true, setRawMode: (on: boolean) => modes.push(on) });
    const stdout = Object.assign(context.streams.stdout, { isTTY: true, columns: 100, rows: 30 });
    const atTerminal = { ...context, streams: { ...context.streams, stdin, stdout } };
    await run(atTerminal, input([RUN, 'sh']));
    expect(wish()?.terminal?.now()).toEqual({ columns: 100, rows: 30 });
    const composition = () =>
      Promise.resolve({ execInRank: () => Promise.reject(new Error('broke')) } as Partial<Composition> as Composition);
    await expect(run({ ...atTerminal, composition }, input([RUN, 'sh']))).rejects.toThrow('broke');
    expect(modes).toEqual([true, false, true, false]);
  });

  it('says what is missing without a command', async () => {
    await expect(run(executing().context, input([RUN]))).rejects.toMatchObject({ code: 'TY_CLI_USAGE' });
  });
});
