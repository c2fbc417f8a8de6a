import { resolve } from 'node:path';
import type { Composer, Streams } from './context.ts';
import { asTrainyardError, errorJson, errorLines } from './error-text.ts';
import { EXIT, exitOfError } from './exit-codes.ts';
import { readGlobals } from './globals.ts';
import type { Globals } from './globals.ts';
import type { CommandInput } from './input.ts';
import { createContext } from './make-context.ts';
import { texts } from './messages/texts.ts';
import { buildProgram, parseWith } from './program.ts';
import { wantsColour } from './terminal/colour.ts';
import type { CommandEntry } from './tree.ts';
import { pathOf } from './usage-error.ts';

/** The world around the command line. */
export interface CliHost {
  readonly streams: Streams;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  readonly signal: AbortSignal;
  /** Loads the composition root. */
  readonly compose: () => Promise<Composer>;
}

/** Runs one command line and gives its exit code. Never throws. */
export async function runCli(argv: readonly string[], host: CliHost): Promise<number> {
  const globals = readGlobals(argv, host.env);
  try {
    if (argv[0] === '__complete') {
      const { complete } = await import('./completion/complete.ts');
      const found = await complete(argv.slice(1), host.env);
      host.streams.stdout.write(found.map((word) => `${word}\n`).join(''));
      return EXIT.ok;
    }
    return await parseAndRun(argv, globals, host);
  } catch (error) {
    if (host.signal.aborted && isAbort(error)) return EXIT.interrupted;
    reportError(error, argv, globals, host);
    return exitOfError(error);
  }
}

async function parseAndRun(argv: readonly string[], globals: Globals, host: CliHost): Promise<number> {
  let code: number = EXIT.ok;
  const { stdout } = host.streams;
  const program = buildProgram({
    globals,
    version: host.version,
    colour: wantsColour({ off: globals.noColour, env: host.env, isTTY: stdout.isTTY === true }),
    out: (text) => stdout.write(text),
    run: async (entry, input) => {
      code = await runEntry(entry, input, globals, host);
    },
  });
  if (argv.length === 0) {
    program.outputHelp();
    return EXIT.usage;
  }
  await parseWith(program, argv, texts(globals.lang));
  return code;
}

async function runEntry(entry: CommandEntry, input: CommandInput, globals: Globals, host: CliHost): Promise<number> {
  const directory = resolve(host.cwd, globals.directory ?? '.');
  const [module, made] = await Promise.all([entry.load(), createContext({ entry, globals, host, directory })]);
  try {
    return (await module.run(made.context, input)) ?? EXIT.ok;
  } finally {
    await made.close();
  }
}

function reportError(error: unknown, argv: readonly string[], globals: Globals, { streams, env }: CliHost): void {
  const { format, lang, verbose } = globals;
  const colour = wantsColour({ off: globals.noColour, env, isTTY: streams.stderr.isTTY === true });
  const shown = asTrainyardError(error);
  const where = ['trainyard', ...pathOf(argv)].join(' ');
  const text =
    format === 'json' ? errorJson(shown, lang) : errorLines(shown, { lang, colour, verbose, where }).join('\n');
  streams.stderr.write(`${text}\n`);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
