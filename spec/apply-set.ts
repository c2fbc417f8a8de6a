import { parse } from 'yaml';
import { TrainyardError } from '../domain/errors.ts';

type Holder = Record<string, unknown>;

/**
 * The document with each `path=value` put in; the document itself is not changed. The value is read as one YAML
 * value (`3`, `true`, `null`, `[a, b]`, text). A number in the path names an entry of a list.
 * Throws `TY_CLI_USAGE` for anything that is not `path=value`.
 */
export function applySet(document: unknown, assignments: readonly string[]): unknown {
  const copy = structuredClone(document ?? {});
  for (const assignment of assignments) assign(copy, assignment);
  return copy;
}

function assign(document: unknown, assignment: string): void {
  const at = assignment.indexOf('=');
  const path = assignment.slice(0, Math.max(at, 0)).split('.');
  const last = path.at(-1);
  if (at <= 0 || last === undefined || path.some((part) => !isStep(part))) {
    throw usage(assignment, 'is not path=value, for instance recipe.args.epochs=5');
  }
  let holder = asHolder(document, assignment);
  for (const part of path.slice(0, -1)) {
    const next = Object.hasOwn(holder, part) ? holder[part] : undefined;
    // What is missing, or was `null`, is made on the way.
    if (next === undefined || next === null) holder[part] = {};
    holder = asHolder(holder[part], assignment);
  }
  if (Array.isArray(holder) && !/^\d{1,4}$/.test(last))
    throw usage(assignment, `"${last}" is not the number of an entry`);
  holder[last] = readValue(assignment, assignment.slice(at + 1));
}

function isStep(part: string): boolean {
  return part !== '' && part !== '__proto__' && part !== 'constructor' && part !== 'prototype';
}

function asHolder(value: unknown, assignment: string): Holder {
  if (typeof value === 'object' && value !== null) return value as Holder;
  throw usage(assignment, 'goes through a value that has no fields');
}

function readValue(assignment: string, text: string): unknown {
  try {
    return text === '' ? '' : (parse(text, { maxAliasCount: 0, prettyErrors: false }) as unknown);
  } catch {
    throw usage(assignment, 'has a value that is not valid YAML; put it in quotes');
  }
}

/** Names the path only: a value may be what nobody should read. */
function usage(assignment: string, why: string): TrainyardError {
  const path = assignment.split('=', 1)[0] ?? '';
  return new TrainyardError('TY_CLI_USAGE', `--set ${path} ${why}`, {
    where: `--set ${path}`,
    why,
    fix: 'trainyard run start --set recipe.args.epochs=5',
  });
}
