import type { Language, OutputFormat } from './context.ts';
import { chooseLanguage } from './messages/texts.ts';

export const OUTPUT_FORMATS: readonly OutputFormat[] = ['table', 'json', 'yaml', 'name'];

type Env = Readonly<Record<string, string | undefined>>;

/** What holds for every command. Read from the raw words before they are parsed: errors of parsing need it too. */
export interface Globals {
  readonly format: OutputFormat;
  readonly lang: Language;
  readonly noColour: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly noInput: boolean;
  readonly yes: boolean;
  readonly context: string | undefined;
  readonly directory: string | undefined;
}

export function readGlobals(argv: readonly string[], env: Env): Globals {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const format = valueOf(words, '--output', '-o');
  return {
    format: OUTPUT_FORMATS.find((known) => known === format) ?? 'table',
    lang: chooseLanguage(valueOf(words, '--lang'), env),
    noColour: words.includes('--no-color'),
    quiet: words.includes('--quiet') || words.includes('-q'),
    verbose: words.includes('--verbose') || words.includes('-v'),
    noInput: words.includes('--no-input'),
    yes: words.includes('--yes') || words.includes('-y'),
    context: valueOf(words, '--context'),
    directory: valueOf(words, '--directory', '-C'),
  };
}

function valueOf(words: readonly string[], long: string, short?: string): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === long || word === short) return words[index + 1];
    if (word.startsWith(`${long}=`)) return word.slice(long.length + 1);
    if (short !== undefined && word.startsWith(short) && !word.startsWith('--')) return word.slice(short.length);
  }
  return undefined;
}
