/** A word of a metric expression. `at`: position of its first character. */
export interface Token {
  readonly kind: 'number' | 'name' | 'quoted' | 'sign' | 'end';
  /** As it is read: without quotes. */
  readonly text: string;
  readonly at: number;
}

/** What is wrong with an expression, and at which character (from 0). */
export class ExpressionFault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const BLANK = /[ \t\r\n]+/y;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
/** A slash belongs to a name when a letter follows at once: `val/loss`. */
const NAME = /[\p{L}_][\p{L}\p{N}_.]*(?:\/[\p{L}_][\p{L}\p{N}_.]*)*/uy;
const QUOTED = /"([^"\p{Cc}]+)"|'([^'\p{Cc}]+)'/uy;
const SIGN = />=|<=|==|!=|[-+*/()<>]/y;
const WORD_CHARACTER = /[\p{L}\p{N}_]/u;

/** The words of an expression, the last of kind `end`. Each character is read once. Throws `ExpressionFault`. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const read = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  for (;;) {
    at += read(BLANK)?.[0].length ?? 0;
    if (at >= text.length) return [...tokens, { kind: 'end', text: '', at }];
    const [kind, found] = firstOf(read);
    if (kind === null || found === null) throw new ExpressionFault(at, strange(text, at));
    const end = at + found[0].length;
    if (kind === 'number' || kind === 'name') refuseGlued(text, kind, at, end);
    tokens.push({ kind, text: found[1] ?? found[2] ?? found[0], at });
    at = end;
  }
}

type Read = (pattern: RegExp) => RegExpExecArray | null;

function firstOf(read: Read): readonly [Exclude<Token['kind'], 'end'> | null, RegExpExecArray | null] {
  for (const [kind, pattern] of [
    ['number', NUMBER],
    ['name', NAME],
    ['quoted', QUOTED],
    ['sign', SIGN],
  ] as const) {
    const found = read(pattern);
    if (found !== null) return [kind, found];
  }
  return [null, null];
}

/** `mAP50-95` would be a difference to a machine and a name to a person: whoever wrote it has to say which. */
function refuseGlued(text: string, kind: 'number' | 'name', from: number, end: number): void {
  const next = text[end] ?? '';
  const after = text[end + 1] ?? '';
  if (kind === 'number' && WORD_CHARACTER.test(next)) {
    throw new ExpressionFault(from, `a name that starts with a digit stands in quotes: "${text.slice(from, end)}…"`);
  }
  if (kind !== 'name' || (next !== '-' && next !== '/') || !WORD_CHARACTER.test(after)) return;
  const name = text.slice(from, end);
  throw new ExpressionFault(
    end,
    `put blanks around "${next}" to calculate, or quotes around a name: "${name}${next}${after}…"`,
  );
}

function strange(text: string, at: number): string {
  const sign = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (sign === '=') return 'one "=" compares nothing: write ==';
  if (sign === '&' || sign === '|' || sign === '!') return `"${sign}" is not known: write and, or, not`;
  if (sign === '"' || sign === "'") return 'the quote is not closed, or there is nothing in it';
  return `"${sign}" is not known here`;
}
