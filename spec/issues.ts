import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { isErrorCode, type SpecIssue } from '../domain/errors.ts';
import { chineseOf } from './issues-zh.ts';
import { expectedAt, keysAt } from './known-fields.ts';

type ZodIssue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Every finding of a schema about a document, in the table's codes, each with its path and the likely name. */
export function toSpecIssues(schema: z.ZodType, input: unknown, issues: readonly ZodIssue[]): SpecIssue[] {
  return issues.flatMap((issue) => convert(schema, input, issue));
}

/** The findings with what they say in Chinese beside it. */
export function inBothLanguages(issues: readonly SpecIssue[]): SpecIssue[] {
  return issues.map((issue) => {
    const zh = chineseOf(issue.message);
    return zh === undefined ? issue : { ...issue, zh };
  });
}

/** `compute.roles.0.name`; empty for the document. */
export function dotted(path: Path): string {
  return path.map(String).join('.');
}

/** One sentence: how many findings, and the first. */
export function summarize(what: string, issues: readonly SpecIssue[]): string {
  const [first] = issues;
  if (first === undefined) return `${what} is not accepted`;
  const count = issues.length === 1 ? '1 fault' : `${issues.length} faults`;
  const hint = first.suggestion === undefined ? '' : `; did you mean "${first.suggestion}"?`;
  return `${what} has ${count}: ${first.path === '' ? '' : `${first.path} `}${first.message}${hint}`;
}

/** The candidate a person probably meant; `undefined` if none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const ranked = candidates
    .map((name) => ({ name, far: distance(lower, name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best !== undefined && best.far <= Math.max(2, Math.floor(word.length / 3)) ? best.name : undefined;
}

function convert(schema: z.ZodType, input: unknown, issue: ZodIssue): SpecIssue[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path, input);
    return issue.keys.map((key) => unknownKey([...issue.path, key], key, known));
  }
  const inner = deepest(issue);
  if (inner.length > 0) return inner.flatMap((each) => convert(schema, input, each));
  const at = { path: dotted(issue.path), code: codeOf(issue) };
  const value = valueAt(input, issue.path);
  if (value === undefined && issue.code !== 'custom')
    return [{ ...at, message: requiredMessage(schema, input, issue) }];
  if (issue.code === 'invalid_value' || isDiscriminator(issue)) return [oneOf(schema, input, issue, at)];
  if (issue.code === 'invalid_type')
    return [{ ...at, message: `must be ${article(issue.expected)}, not ${nameOf(value)}` }];
  if (issue.code === 'invalid_key') return [{ ...at, message: issue.issues[0]?.message ?? issue.message }];
  return [{ ...at, message: plain(issue) }];
}

/** Of a choice that fits nowhere, the findings of the alternative that came furthest; none if all failed at once. */
function deepest(issue: ZodIssue): ZodIssue[] {
  if (issue.code !== 'invalid_union') return [];
  // A field that does not exist lies one deeper than what it was found in.
  const depth = (findings: readonly ZodIssue[]): number =>
    Math.max(0, ...findings.map(({ path, code }) => path.length + (code === 'unrecognized_keys' ? 1 : 0)));
  const [best = []] = issue.errors.toSorted((a, b) => depth(b) - depth(a));
  return depth(best) === 0 ? [] : best.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

function unknownKey(path: Path, key: string, known: readonly string[]): SpecIssue {
  const suggestion = nearest(key, known);
  const base = { path: dotted(path), code: 'TY_SPEC_UNKNOWN_KEY' as const, message: 'is not a field' };
  return suggestion === undefined ? base : { ...base, suggestion };
}

function oneOf(schema: z.ZodType, input: unknown, issue: ZodIssue, at: Pick<SpecIssue, 'path' | 'code'>): SpecIssue {
  const allowed = issue.code === 'invalid_value' ? issue.values.map(String) : expectedAt(schema, issue.path, input);
  const value = valueAt(input, issue.path);
  const suggestion = typeof value === 'string' ? nearest(value, allowed) : undefined;
  const message = `must be ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}`;
  return suggestion === undefined ? { ...at, message } : { ...at, message, suggestion };
}

function requiredMessage(schema: z.ZodType, input: unknown, issue: ZodIssue): string {
  const allowed = isDiscriminator(issue) ? expectedAt(schema, issue.path, input) : [];
  return allowed.length === 0 ? 'is required' : `is required: one of ${allowed.join(', ')}`;
}

function isDiscriminator(issue: ZodIssue): boolean {
  return issue.code === 'invalid_union' && issue.errors.length === 0;
}

function codeOf(issue: ZodIssue): SpecIssue['code'] {
  const code: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined;
  return isErrorCode(code) ? code : 'TY_SPEC_INVALID';
}

function plain(issue: ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return bound(
        issue.origin,
        'at least',
        issue.inclusive === false ? `more than ${issue.minimum}` : `${issue.minimum}`,
      );
    case 'too_big':
      return bound(
        issue.origin,
        'at most',
        issue.inclusive === false ? `less than ${issue.maximum}` : `${issue.maximum}`,
      );
    default:
      return issue.message;
  }
}

function bound(origin: string, word: string, limit: string): string {
  const amount = /^[-\d]/.test(limit) ? `${word} ${limit}` : limit;
  if (origin === 'string') return `must have ${amount} characters`;
  if (origin === 'array') return `must have ${amount} entries`;
  return `must be ${amount}`;
}

function article(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    object: 'a set of fields',
    record: 'a set of fields',
    array: 'a list',
  };
  return words[expected] ?? expected;
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a set of fields';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return `${value}`;
  return typeof value === 'number' ? 'a number' : typeof value;
}

/** What stands at a path of a document; `undefined` where nothing does. */
export function valueAt(input: unknown, path: Path): unknown {
  let at: unknown = input;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return at;
}
