import { ERRORS } from '../../../domain/errors.ts';
import { GATED_STAGES } from '../../../domain/gates/gate.ts';
import { GLOBAL_OPTIONS, TREE } from '../tree.ts';
import type { ArgumentEntry, CommandEntry, OptionEntry } from '../tree.ts';
import { recentRuns } from './recent.ts';
import { SHELLS } from './scripts.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Candidates for the last of the words; none means file names. */
export async function complete(words: readonly string[], env: Env): Promise<readonly string[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const offered = await candidates(before, typed, env);
  return offered.filter((word) => word.startsWith(typed));
}

async function candidates(before: readonly string[], typed: string, env: Env): Promise<readonly string[]> {
  const entry = findEntry(before);
  const options = [...(entry?.options ?? []), ...GLOBAL_OPTIONS];
  const asked = valueOption(options, before.at(-1));
  if (asked !== undefined) return asked.choices ?? [];
  if (typed.startsWith('-')) return options.flatMap(({ flags }) => flags.match(/--[-\w]+/g) ?? []);
  if (entry === undefined) return nextWords(plainWords(before, options));
  const position = plainWords(before, options).length - entry.path.length;
  return argumentValues(entry.args?.[position], env);
}

function findEntry(before: readonly string[]): CommandEntry | undefined {
  const words = plainWords(before, GLOBAL_OPTIONS);
  return TREE.find(({ path }) => path.every((word, index) => words[index] === word));
}

/** Words that are neither options nor their values. */
function plainWords(words: readonly string[], options: readonly OptionEntry[]): string[] {
  return words.filter((word, index) => !word.startsWith('-') && valueOption(options, words[index - 1]) === undefined);
}

/** The option that waits for a value after this word. */
function valueOption(options: readonly OptionEntry[], word: string | undefined): OptionEntry | undefined {
  if (word === undefined || !word.startsWith('-')) return undefined;
  return options.find(({ flags }) => flags.includes('<') && flags.split(/[ ,]+/).includes(word));
}

function nextWords(words: readonly string[]): string[] {
  const [group] = words;
  if (group === undefined) return [...new Set(TREE.flatMap(({ path }) => path.slice(0, 1)))];
  return words.length > 1 ? [] : TREE.filter(({ path }) => path[0] === group).flatMap(({ path }) => path.slice(1, 2));
}

async function argumentValues(argument: ArgumentEntry | undefined, env: Env): Promise<readonly string[]> {
  switch (argument?.offers) {
    case 'run':
      return recentRuns(env);
    case 'code':
      return Object.keys(ERRORS);
    case 'shell':
      return SHELLS;
    case 'gate':
      return GATED_STAGES;
    case undefined:
      return [];
  }
}
