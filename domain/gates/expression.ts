import { ExpressionFault, type Token, tokensOf } from './expression-tokens.ts';

export type Comparison = '>=' | '<=' | '>' | '<' | '==' | '!=';

/** What a metric is taken of: the run, its baseline, or how far one is from the other. */
export type Measure = 'run' | 'baseline' | 'regress' | 'rise';

export type Quantity =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'metric'; readonly measure: Measure; readonly metric: string }
  | { readonly kind: 'minus'; readonly of: Quantity }
  | {
      readonly kind: 'calculate';
      readonly sign: '+' | '-' | '*' | '/';
      readonly left: Quantity;
      readonly right: Quantity;
    };

export type Condition =
  | { readonly kind: 'compare'; readonly sign: Comparison; readonly left: Quantity; readonly right: Quantity }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition };

/** A condition on metrics, parsed. */
export type Expression = Condition;

export type ParsedExpression =
  | { readonly ok: true; readonly expression: Expression }
  /** `at`: the character, counted from 0, where it goes wrong. */
  | { readonly ok: false; readonly at: number; readonly message: string };

/** Characters; a longer condition is a program. */
export const LONGEST_EXPRESSION = 1_000;
const DEEPEST = 32;

const COMPARISONS: readonly string[] = ['>=', '<=', '>', '<', '==', '!='];
const MEASURES: readonly string[] = ['baseline', 'regress', 'rise'];
const RESERVED: readonly string[] = ['and', 'or', 'not'];
const CONDITIONS: readonly string[] = ['compare', 'and', 'or', 'not'];

/**
 * Parses the language of gates: numbers, metrics (`accuracy`, `val/loss`, `"mAP50-95"`), `baseline(m)`,
 * `regress(m)` = baseline(m) − m, `rise(m)` = m − baseline(m), `+ - * /`, one comparison, `and`, `or`, `not` and
 * parentheses. Takes time in proportion to the text, and nesting up to 32.
 * @example
 * parseExpression('mAP50 >= 0.6 and regress(mAP50) < 0.01')
 */
export function parseExpression(text: string): ParsedExpression {
  if (text.trim() === '') return { ok: false, at: 0, message: 'is empty' };
  if (text.length > LONGEST_EXPRESSION) {
    return { ok: false, at: LONGEST_EXPRESSION, message: `is longer than ${LONGEST_EXPRESSION} characters` };
  }
  try {
    const cursor = new Cursor(tokensOf(text));
    const start = cursor.now;
    const whole = condition(choice(cursor), start);
    if (cursor.now.kind !== 'end') throw unexpected(cursor.now, 'and, or, or the end');
    return { ok: true, expression: whole };
  } catch (error) {
    if (error instanceof ExpressionFault) return { ok: false, at: error.at, message: error.message };
    throw error;
  }
}

/** Where the parser is, and how deep. */
class Cursor {
  private readonly tokens: readonly Token[];
  private index = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get now(): Token {
    const token = this.tokens[this.index];
    if (token === undefined) throw new ExpressionFault(0, 'is empty');
    return token;
  }

  step(): void {
    this.index += 1;
  }

  /** Steps over a sign or a word if it is the next. */
  take(text: string): boolean {
    const { now } = this;
    if (now.text !== text || (now.kind !== 'sign' && now.kind !== 'name')) return false;
    this.step();
    return true;
  }

  takeOneOf<T extends string>(texts: readonly T[]): T | null {
    return texts.find((text) => this.take(text)) ?? null;
  }

  deeper<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > DEEPEST) throw new ExpressionFault(this.now.at, `is nested deeper than ${DEEPEST}`);
    const result = read();
    this.depth -= 1;
    return result;
  }
}

type Node = Quantity | Condition;

function choice(cursor: Cursor): Node {
  return joined(cursor, 'or', () => joined(cursor, 'and', () => negation(cursor)));
}

function joined(cursor: Cursor, word: 'and' | 'or', part: () => Node): Node {
  const start = cursor.now;
  const first = part();
  if (cursor.now.kind !== 'name' || cursor.now.text !== word) return first;
  const parts = [condition(first, start)];
  while (cursor.take(word)) {
    const next = cursor.now;
    parts.push(condition(part(), next));
  }
  return { kind: word, parts };
}

function negation(cursor: Cursor): Node {
  if (!cursor.take('not')) return comparison(cursor);
  const start = cursor.now;
  return {
    kind: 'not',
    of: condition(
      cursor.deeper(() => negation(cursor)),
      start,
    ),
  };
}

function comparison(cursor: Cursor): Node {
  const start = cursor.now;
  const left = sum(cursor);
  const sign = cursor.takeOneOf(COMPARISONS as readonly Comparison[]);
  if (sign === null) return left;
  const next = cursor.now;
  const right = quantity(sum(cursor), next);
  if (cursor.now.kind === 'sign' && COMPARISONS.includes(cursor.now.text)) {
    throw new ExpressionFault(cursor.now.at, 'compares twice: write a < b and b < c');
  }
  return { kind: 'compare', sign, left: quantity(left, start), right };
}

function sum(cursor: Cursor): Node {
  return chain(cursor, ['+', '-'], () => chain(cursor, ['*', '/'], () => signed(cursor)));
}

function chain(cursor: Cursor, signs: readonly ('+' | '-' | '*' | '/')[], part: () => Node): Node {
  let start = cursor.now;
  let left = part();
  for (let sign = cursor.takeOneOf(signs); sign !== null; sign = cursor.takeOneOf(signs)) {
    const before = quantity(left, start);
    start = cursor.now;
    left = { kind: 'calculate', sign, left: before, right: quantity(part(), start) };
  }
  return left;
}

function signed(cursor: Cursor): Node {
  if (!cursor.take('-')) return primary(cursor);
  const start = cursor.now;
  return {
    kind: 'minus',
    of: quantity(
      cursor.deeper(() => signed(cursor)),
      start,
    ),
  };
}

function primary(cursor: Cursor): Node {
  const token = cursor.now;
  if (cursor.take('(')) {
    const inner = cursor.deeper(() => choice(cursor));
    if (!cursor.take(')')) throw unexpected(cursor.now, '")"');
    return inner;
  }
  if (token.kind === 'number') {
    cursor.step();
    const value = Number(token.text);
    if (Number.isFinite(value)) return { kind: 'number', value };
    throw new ExpressionFault(token.at, `${token.text} is too large a number`);
  }
  if (token.kind === 'quoted') {
    cursor.step();
    return { kind: 'metric', measure: 'run', metric: token.text };
  }
  if (token.kind !== 'name' || RESERVED.includes(token.text)) throw unexpected(token, 'a number or a metric');
  cursor.step();
  if (cursor.now.kind !== 'sign' || cursor.now.text !== '(') {
    return { kind: 'metric', measure: 'run', metric: token.text };
  }
  return measured(cursor, token);
}

function measured(cursor: Cursor, name: Token): Quantity {
  if (!MEASURES.includes(name.text)) {
    throw new ExpressionFault(
      name.at,
      `"${name.text}" is no function: there are ${MEASURES.join(', ')}; a name with "(" in it stands in quotes`,
    );
  }
  cursor.step();
  const metric = cursor.now;
  if (metric.kind !== 'quoted' && (metric.kind !== 'name' || RESERVED.includes(metric.text))) {
    throw unexpected(metric, 'a metric');
  }
  cursor.step();
  if (!cursor.take(')')) throw unexpected(cursor.now, '")"');
  return { kind: 'metric', measure: name.text as Measure, metric: metric.text };
}

function isCondition(node: Node): node is Condition {
  return CONDITIONS.includes(node.kind);
}

function condition(node: Node, start: Token): Condition {
  if (isCondition(node)) return node;
  throw new ExpressionFault(start.at, 'is a number, not a condition: compare it, for instance with >= 0.9');
}

function quantity(node: Node, start: Token): Quantity {
  if (!isCondition(node)) return node;
  throw new ExpressionFault(start.at, 'is a condition where a number is needed');
}

function unexpected({ kind, text, at }: Token, wanted: string): ExpressionFault {
  return new ExpressionFault(at, `expected ${wanted}, not ${kind === 'end' ? 'the end' : `"${text}"`}`);
}
