import type { Comparison, Condition, Expression, Quantity } from './expression.ts';

/** What a condition is asked of. `null` = the run has none. */
export interface Measured {
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly baseline: Readonly<Record<string, number>> | null;
}

/** What a condition says. `text` shows every number it looked at. */
export interface Evaluation {
  readonly holds: boolean;
  readonly text: string;
}

/** `null`: nobody can tell, because a number is missing. */
type Truth = boolean | null;

/**
 * Whether a condition holds. A comparison of what is missing never holds, and its negation neither; `or` holds as soon
 * as one side does.
 * @example
 * evaluate(expression, { metrics: { mAP50: 0.58 }, baseline: null }) // "mAP50 0.58 >= 0.6 is false"
 */
export function evaluate(expression: Expression, measured: Measured): Evaluation {
  const said: string[] = [];
  const truth = truthOf(expression, measured, said);
  return { holds: truth === true, text: said.join('; ') };
}

function truthOf(condition: Condition, measured: Measured, said: string[]): Truth {
  switch (condition.kind) {
    case 'compare':
      return compare(condition, measured, said);
    case 'not': {
      const inner = truthOf(condition.of, measured, said);
      return inner === null ? null : !inner;
    }
    case 'and':
    case 'or': {
      const parts = condition.parts.map((part) => truthOf(part, measured, said));
      const decisive = condition.kind === 'or';
      if (parts.includes(decisive)) return decisive;
      return parts.includes(null) ? null : !decisive;
    }
  }
}

function compare(
  { sign, left, right }: Extract<Condition, { kind: 'compare' }>,
  measured: Measured,
  said: string[],
): Truth {
  const [a, b] = [valueOf(left, measured), valueOf(right, measured)];
  const shown = `${a.text} ${sign} ${b.text}`;
  const missing = [...new Set([...a.missing, ...b.missing])];
  if (missing.length > 0) {
    said.push(`${shown} does not hold: ${missing.join(', ')}`);
    return null;
  }
  if (!Number.isFinite(a.value) || !Number.isFinite(b.value)) {
    said.push(`${shown} does not hold: it divides by zero, or is too large a number`);
    return null;
  }
  const holds = COMPARE[sign](a.value, b.value);
  said.push(`${shown} is ${holds}`);
  return holds;
}

const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

interface Value {
  /** Means nothing where something is missing. */
  readonly value: number;
  readonly text: string;
  readonly missing: readonly string[];
}

function valueOf(quantity: Quantity, measured: Measured): Value {
  switch (quantity.kind) {
    case 'number':
      return { value: quantity.value, text: String(quantity.value), missing: [] };
    case 'minus': {
      const { value, text, missing } = valueOf(quantity.of, measured);
      return { value: -value, text: `-${inParentheses(quantity.of, text)}`, missing };
    }
    case 'calculate': {
      const { sign, left, right } = quantity;
      const [a, b] = [valueOf(left, measured), valueOf(right, measured)];
      return {
        value: calculate(sign, a.value, b.value),
        text: `${inParentheses(left, a.text)} ${sign} ${inParentheses(right, b.text)}`,
        missing: [...a.missing, ...b.missing],
      };
    }
    case 'metric':
      return metricOf(quantity, measured);
  }
}

function metricOf({ measure, metric }: Extract<Quantity, { kind: 'metric' }>, measured: Measured): Value {
  const name = measure === 'run' ? metric : `${measure}(${metric})`;
  const [own, before] = [numberIn(measured.metrics, metric), numberIn(measured.baseline, metric)];
  const missing = [
    ...(measure !== 'baseline' && own === null ? [`there is no metric ${metric}`] : []),
    ...(measure !== 'run' && before === null
      ? [measured.baseline === null ? 'there is no baseline' : `the baseline has no metric ${metric}`]
      : []),
  ];
  if (missing.length > 0) return { value: Number.NaN, text: `${name} ?`, missing };
  const [now, then] = [own ?? Number.NaN, before ?? Number.NaN];
  const value = {
    run: now,
    baseline: then,
    regress: calculate('-', then, now),
    rise: calculate('-', now, then),
  }[measure];
  return { value, text: `${name} ${value}`, missing };
}

function numberIn(numbers: Readonly<Record<string, number>> | null, name: string): number | null {
  if (numbers === null || !Object.hasOwn(numbers, name)) return null;
  return numbers[name] ?? null;
}

/** Twelve digits: 0.61 − 0.6 is 0.01 to whoever wrote the condition, and not a hair above it. */
function calculate(sign: '+' | '-' | '*' | '/', a: number, b: number): number {
  const exact = { '+': a + b, '-': a - b, '*': a * b, '/': a / b }[sign];
  return Number.isFinite(exact) ? Number(exact.toPrecision(12)) : exact;
}

/** Text of a part, so that it is read as it was calculated. */
function inParentheses(part: Quantity, text: string): string {
  return part.kind === 'calculate' ? `(${text})` : text;
}
