import type { CommanderError } from 'commander';
import { TrainyardError } from '../../domain/errors.ts';
import type { Say } from './messages/texts.ts';
import { GLOBAL_OPTIONS, GROUPS, TREE } from './tree.ts';
import type { OptionEntry } from './tree.ts';

/** What commander refuses, in the table's words, with the name that was probably meant. */
export async function usageError(error: CommanderError, argv: readonly string[], say: Say): Promise<TrainyardError> {
  const path = pathOf(argv);
  const name = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const details = {
    where: ['trainyard', ...path].join(' '),
    fix: say('usage.helpOf', { path: path.join(' ') }).replace(/ {2,}/g, ' '),
  };
  const fault = (message: string, more: { why?: string; fix?: string } = {}): TrainyardError =>
    new TrainyardError('TY_CLI_USAGE', message, { ...details, ...more }, error);
  const bare = name.replace(/^.*(--[-\w]+).*$/, '$1');
  switch (error.code) {
    case 'commander.unknownCommand':
      return fault(say('usage.unknownCommand', { name }), await meant(name, commandNames(path), say));
    case 'commander.unknownOption':
      return fault(say('usage.unknownOption', { name }), await meant(name, optionNames(path), say));
    case 'commander.missingArgument':
      return fault(say('usage.missingArgument', { name }));
    case 'commander.optionMissingArgument':
      return fault(say('usage.missingValue', { name: bare }));
    case 'commander.invalidArgument':
      return fault(say('usage.badChoice', { name: bare, choices: choicesOf(bare, path) }));
    case 'commander.excessArguments':
      return fault(say('usage.tooMany'));
    case 'commander.help':
      return fault(say('usage.commandNeeded'), { why: commandNames(path).join(', ') });
    default:
      return fault(error.message.replace(/^error: /, ''));
  }
}

async function meant(name: string, candidates: readonly string[], say: Say): Promise<{ why?: string }> {
  const { nearest } = await import('../../spec/issues.ts');
  const found = nearest(name, candidates);
  return { why: found === undefined ? candidates.join(', ') : say('error.didYouMean', { name: found }) };
}

/** The words of the command that was typed, as far as they exist. */
export function pathOf(argv: readonly string[]): string[] {
  const [first, second] = argv.filter((word) => !word.startsWith('-'));
  if (first === undefined) return [];
  const isGroup = GROUPS.some((group) => group.name === first);
  if (isGroup && TREE.some((entry) => entry.path[0] === first && entry.path[1] === second))
    return [first, second ?? ''];
  return isGroup || TREE.some((entry) => entry.path[0] === first) ? [first] : [];
}

function commandNames(path: readonly string[]): string[] {
  const [group] = path;
  if (group === undefined) return [...new Set(TREE.map((entry) => entry.path[0] ?? ''))];
  return TREE.filter((entry) => entry.path[0] === group).flatMap((entry) => entry.path.slice(1, 2));
}

function optionNames(path: readonly string[]): string[] {
  return optionsAt(path).flatMap((option) => option.flags.match(/--[-\w]+/g) ?? []);
}

function choicesOf(name: string, path: readonly string[]): string {
  return (
    optionsAt(path)
      .find((option) => option.flags.includes(name))
      ?.choices?.join(', ') ?? ''
  );
}

function optionsAt(path: readonly string[]): readonly OptionEntry[] {
  const entry = TREE.find(({ path: own }) => own.join(' ') === path.join(' '));
  return [...(entry?.options ?? []), ...GLOBAL_OPTIONS];
}
