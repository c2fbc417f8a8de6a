import { GATED_STAGES, type GateStatement } from './gate.ts';

/** Characters of a comment. */
export const LONGEST_COMMENT = 2_000;
const LONGEST_NAME = 200;
const FIELDS: readonly string[] = ['run', 'gate', 'digest', 'actor', 'decision', 'comment', 'signature'];

export type ReadStatement =
  | { readonly ok: true; readonly statement: GateStatement }
  | { readonly ok: false; readonly why: string };

/** Checks a statement from outside. By hand: a workflow's bundle holds no schema library. */
export function readStatement(value: unknown): ReadStatement {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return no('it is not a set of fields');
  const strange = Object.keys(value).find((key) => !FIELDS.includes(key));
  if (strange !== undefined) return no(`${JSON.stringify(strange.slice(0, 40))} is not a field of a statement`);
  const field = (name: string): unknown => (value as Readonly<Record<string, unknown>>)[name];
  const [run, digest, actor, comment, signature] = ['run', 'digest', 'actor', 'comment', 'signature'].map(field);
  if (!isText(run, LONGEST_NAME)) return no('run is not the id of a run');
  const gate = GATED_STAGES.find((stage) => stage === field('gate'));
  if (gate === undefined) return no(`gate is not one of ${GATED_STAGES.join(', ')}`);
  if (!isText(digest, 64) || !/^[0-9a-f]{64}$/.test(digest)) return no('digest is not a sha256 in hex');
  if (!isText(actor, LONGEST_NAME)) return no('actor is not a name');
  const decision = field('decision');
  if (decision !== 'approve' && decision !== 'reject') return no('decision is neither approve nor reject');
  if (!isOptional(comment, LONGEST_COMMENT)) return no(`comment is not text of at most ${LONGEST_COMMENT} characters`);
  if (!isOptional(signature, 88)) return no('signature is not base64 of 64 bytes');
  return {
    ok: true,
    statement: { run, gate, digest, actor, decision, comment: comment ?? null, signature: signature ?? null },
  };
}

/** Well-formed: two texts that differ only in halves of characters would be the same bytes to a signature. */
function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longest && value.isWellFormed();
}

function isOptional(value: unknown, longest: number): value is string | null | undefined {
  return value === null || value === undefined || value === '' || isText(value, longest);
}

function no(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}
