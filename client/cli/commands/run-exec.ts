import { TrainyardError } from '../../../domain/errors.ts';
import type { CommandContext, RankCommand } from '../context.ts';
import { countOf, isSet, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { resolveRun } from '../run-ref.ts';
import type { Ended } from '../tree.ts';

/** Ends with the exit code of the command. */
export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const [given, ...command] = input.args;
  if (command.length === 0) {
    throw new TrainyardError('TY_CLI_USAGE', texts(context.lang)('usage.missingArgument', { name: 'COMMAND' }), {
      where: 'trainyard run exec',
      fix: `trainyard run exec ${given ?? 'RUN'} --rank 0 -- COMMAND`,
    });
  }
  const rank = countOf(input, 'rank', context.lang) ?? 0;
  const runId = await resolveRun(context, given);
  const { stdin, stdout, stderr } = context.streams;
  const terminal = isSet(input, 'stdin') || stdin.isTTY !== true ? null : terminalOf(context);
  const composition = await context.composition();
  const files = await context.runFiles();
  const restore = terminal === null ? () => undefined : rawInput(stdin);
  try {
    return await composition.execInRank(files, {
      runId,
      rank,
      role: textOf(input, 'role') ?? null,
      command,
      // A command that nobody feeds must not eat what the script around it reads.
      stdin: terminal !== null || isSet(input, 'stdin') ? (stdin as RankCommand['stdin']) : null,
      stdout: stdout as RankCommand['stdout'],
      stderr: stderr as RankCommand['stderr'],
      terminal,
      signal: context.signal,
    });
  } finally {
    restore();
  }
}

/** `null` where what is printed goes to a file. */
function terminalOf({ streams: { stdout } }: CommandContext): RankCommand['terminal'] {
  if (stdout.isTTY !== true) return null;
  const size = (name: 'columns' | 'rows', fallback: number): number => {
    const value: unknown = Reflect.get(stdout, name);
    return typeof value === 'number' && value > 0 ? value : fallback;
  };
  return {
    now: () => ({ columns: size('columns', 80), rows: size('rows', 24) }),
    onChange: (listener) => {
      stdout.on('resize', listener);
      return () => void stdout.off('resize', listener);
    },
  };
}

/** Every key goes to the command, Ctrl-C too; returns what ends that. */
function rawInput(stdin: NodeJS.ReadableStream): () => void {
  const set: unknown = Reflect.get(stdin, 'setRawMode');
  if (typeof set !== 'function') return () => undefined;
  Reflect.apply(set, stdin, [true]);
  return () => {
    Reflect.apply(set, stdin, [false]);
    stdin.pause();
  };
}
