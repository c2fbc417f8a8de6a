import { TrainyardError } from '../../domain/errors.ts';
import type { Language } from './context.ts';
import { texts } from './messages/texts.ts';

/** What was typed after a command's name, parsed but not yet judged. */
export interface CommandInput {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** The text of an option; `undefined` if it was not given. */
export function textOf(input: CommandInput, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
}

export function isSet(input: CommandInput, name: string): boolean {
  return input.options[name] === true;
}

/** All values of a repeatable option. */
export function listOf(input: CommandInput, name: string): readonly string[] {
  const value = input.options[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** A whole number that is not negative; throws `TY_CLI_USAGE` for anything else. */
export function countOf(input: CommandInput, name: string, lang: Language): number | undefined {
  const value = textOf(input, name);
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new TrainyardError('TY_CLI_USAGE', texts(lang)('usage.badValue', { name: `--${name}`, value }), {
    where: `--${name}`,
  });
}

/** Throws `TY_CLI_USAGE` if more than one of the options was given. */
export function atMostOne(input: CommandInput, names: readonly string[], lang: Language): void {
  const given = names.filter((name) => isSet(input, name));
  if (given.length <= 1) return;
  const shown = given.map((name) => `--${name}`).join(', ');
  throw new TrainyardError('TY_CLI_USAGE', texts(lang)('usage.oneOf', { names: shown }), { where: shown });
}
