import type { ScriptArguments } from './fields.ts';

/** Arguments as a program gets them, in the order they were written. */
export function toArgv(args: ScriptArguments): string[] {
  if (isList(args)) return [...args];
  return Object.entries(args).flatMap(([name, value]) => option(name, value));
}

type Value = Exclude<ScriptArguments, readonly string[]>[string];

function isList(args: ScriptArguments): args is string[] {
  return Array.isArray(args);
}

function option(name: string, value: Value): string[] {
  if (value === null || value === false) return [];
  if (value === true) return [`--${name}`];
  if (Array.isArray(value)) return value.map((item) => `--${name}=${String(item)}`);
  return [`--${name}=${String(value)}`];
}
