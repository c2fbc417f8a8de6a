import { type SpecIssue, TrainyardError } from '../domain/errors.ts';
import { canonicalJson } from './canonical-json.ts';
import { checkTogether } from './cross-rules.ts';
import { inBothLanguages, summarize, toSpecIssues } from './issues.ts';
import { findNotBuilt } from './not-built.ts';
import { type TrainingSpec, trainingSpec } from './schema.ts';
import { readDocument } from './spec-text.ts';

export type { TrainingSpec, TrainingSpecInput } from './schema.ts';

const MAX_BYTES = 48 * 1024;

export type ParsedSpec =
  | { readonly ok: true; readonly spec: TrainingSpec }
  | { readonly ok: false; readonly error: TrainyardError };

/**
 * Checks a document and fills in the defaults. Every fault is reported at once in `error.details.issues`; the error's
 * code is theirs if they share one, else `TY_SPEC_INVALID`. Parsing a parsed spec again gives the same spec.
 */
export function parseSpec(input: unknown): ParsedSpec {
  const parsed = trainingSpec.safeParse(input);
  const issues = [
    ...(parsed.success ? [] : toSpecIssues(trainingSpec, input, parsed.error.issues)),
    ...findNotBuilt(input),
  ];
  if (!parsed.success) return { ok: false, error: toError(issues) };
  const all = issues.length > 0 ? issues : [...checkSize(parsed.data), ...checkTogether(parsed.data)];
  return all.length > 0 ? { ok: false, error: toError(all) } : { ok: true, spec: parsed.data };
}

/** The same for who has no use for a fault but to throw it. */
export function parsedSpec(input: unknown): TrainingSpec {
  const parsed = parseSpec(input);
  if (parsed.ok) return parsed.spec;
  throw parsed.error;
}

/** The same for the text of a YAML or JSON file. Also gives `TY_SPEC_SYNTAX`. */
export function parseSpecText(text: string, fileName: string): ParsedSpec {
  try {
    const parsed = parseSpec(readDocument(text, fileName));
    return parsed.ok ? parsed : { ok: false, error: located(parsed.error, fileName) };
  } catch (error) {
    if (error instanceof TrainyardError) return { ok: false, error };
    throw error;
  }
}

/** A spec travels as one payload of the engine's history, which has to stay small. */
function checkSize(spec: TrainingSpec): SpecIssue[] {
  const size = new TextEncoder().encode(canonicalJson(spec)).length;
  if (size <= MAX_BYTES) return [];
  return [
    { path: '', code: 'TY_SPEC_INVALID', message: `must be at most 48 KiB as JSON, not ${Math.ceil(size / 1024)} KiB` },
  ];
}

function toError(issues: readonly SpecIssue[]): TrainyardError {
  const codes = new Set(issues.map((issue) => issue.code));
  const [only] = codes;
  const code = codes.size === 1 && only !== undefined ? only : 'TY_SPEC_INVALID';
  const [first] = issues;
  return new TrainyardError(code, summarize('the spec', issues), {
    issues: inBothLanguages(issues),
    ...(first !== undefined && first.path !== '' ? { where: first.path } : {}),
  });
}

function located(error: TrainyardError, fileName: string): TrainyardError {
  const where = error.details.where === undefined ? fileName : `${fileName}: ${error.details.where}`;
  return new TrainyardError(error.code, error.message, { ...error.details, where });
}
