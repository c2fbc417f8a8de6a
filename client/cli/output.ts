import type { CommandContext } from './context.ts';
import { cleanText, safeJson } from './terminal/text.ts';

/** A result in the four forms a command offers. */
export interface Result {
  /** The data itself, for `json` and `yaml`. */
  readonly data: unknown;
  /** One name a line, for `name`. */
  readonly names: readonly string[];
  /** Lines for people, made only when needed. */
  readonly lines: () => readonly string[];
}

/** Prints a result to standard output in the form that was asked for. */
export async function printResult(context: CommandContext, result: Result): Promise<void> {
  switch (context.format) {
    case 'json':
      return print(context, [safeJson(result.data)]);
    case 'yaml': {
      const { stringify } = await import('yaml');
      return print(context, [cleanText(stringify(result.data, { aliasDuplicateObjects: false })).trimEnd()]);
    }
    case 'name':
      return print(
        context,
        result.names.map((name) => cleanText(name)),
      );
    case 'table':
      return print(context, result.lines());
  }
}

/** Writes data lines to standard output. */
export function print(context: CommandContext, lines: readonly string[]): void {
  if (lines.length > 0) context.streams.stdout.write(`${lines.join('\n')}\n`);
}

/** Tells a person something: to standard error, unless --quiet. */
export function tell(context: CommandContext, ...lines: readonly string[]): void {
  if (!context.quiet && lines.length > 0) context.streams.stderr.write(`${lines.join('\n')}\n`);
}
