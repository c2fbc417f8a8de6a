import { describe, expect, it } from 'vitest';
import { evaluate, type Measured } from '../../../../domain/gates/evaluate.ts';
import { type Expression, parseExpression } from '../../../../domain/gates/expression.ts';
import { forCases, type Random } from '../../../support/random.ts';

function parsed(text: string): Expression {
  const found = parseExpression(text);
  if (found.ok) return found.expression;
  throw new Error(`${text}: at ${found.at}: ${found.message}`);
}

const MEASURED: Measured = {
  metrics: { mAP50: 0.6, 'mAP50-95': 0.4, 'val/loss': 0.5, a: 2, b: 3, und: 1, 精度: 0.9 },
  baseline: { mAP50: 0.61, 'val/loss': 0.45 },
};
const holds = (text: string, measured = MEASURED): boolean => evaluate(parsed(text), measured).holds;
const says = (text: string, measured = MEASURED): string => evaluate(parsed(text), measured).text;

describe('a condition', () => {
  it.each([
    ['mAP50 >= 0.6', true],
    ['mAP50 > 0.6', false],
    ['mAP50 >= 0.6 and regress(mAP50) < 0.02', true],
    ['regress(mAP50) <= 0.01', true],
    ['regress(mAP50) < 0.01', false],
    ['rise(val/loss) == 0.05', true],
    ['baseline(mAP50) != 0.61', false],
    ['"mAP50-95" >= 4e-1', true],
    ["'mAP50-95' < .5 or true > 1", null],
    ['mAP50 - 95 < 0', true],
    ['a + b * 2 == 8', true],
    ['(a + b) * 2 == 10', true],
    ['8 / 4 / 2 == 1 and 8 - 4 - 2 == 2', true],
    ['-a < -1 and - -a == 2', true],
    ['not a > 1 or b > 1', true],
    ['not (a > 1 or b > 1)', false],
    ['a > 5 or b > 2 and a > 1', true],
    ['(a > 1)', true],
    ['und >= 1', true],
    ['精度 > 0.8', true],
  ])('%s', (text, expected) => {
    const found = parseExpression(text);
    expect(found.ok ? evaluate(found.expression, MEASURED).holds : null).toBe(expected);
  });

  it('shows the numbers it looked at', () => {
    expect(says('mAP50 >= 0.7 and regress(mAP50) < 0.02')).toBe(
      'mAP50 0.6 >= 0.7 is false; regress(mAP50) 0.01 < 0.02 is true',
    );
    expect(says('2 * (a + b) > 1')).toBe('2 * (a 2 + b 3) > 1 is true');
  });

  it.each([
    ['acc > 0.5', 'acc ? > 0.5 does not hold: there is no metric acc'],
    ['rise(a) < 1', 'rise(a) ? < 1 does not hold: the baseline has no metric a'],
    ['a / (b - 3) > 0', 'a 2 / (b 3 - 3) > 0 does not hold: it divides by zero, or is too large a number'],
    ['toString > 0', 'toString ? > 0 does not hold: there is no metric toString'],
  ])('%s does not hold, nor does its contrary, and says what is missing', (text, expected) => {
    expect(says(text)).toBe(expected);
    expect([holds(text), holds(`not (${text})`), holds(`not not (${text})`)]).toEqual([false, false, false]);
    expect(holds(`${text} or a > 1`)).toBe(true);
    expect(holds(`${text} and a > 1`)).toBe(false);
  });

  it('without metrics or baseline does not hold', () => {
    expect(says('a > 1', { metrics: null, baseline: null })).toMatch(/there is no metric a$/);
    expect(says('regress(a) < 1', { metrics: { a: 1 }, baseline: null })).toMatch(/there is no baseline$/);
  });
});

describe('parseExpression', () => {
  it.each([
    ['', 0, /is empty/],
    ['mAP50', 0, /compare it/],
    ['mAP50 >=', 8, /expected a number or a metric, not the end/],
    ['a > 1 > 2', 6, /compares twice/],
    ['a > 1)', 5, /expected and, or, or the end, not "\)"/],
    ['(a > 1', 6, /expected "\)"/],
    ['a > 1 b', 6, /not "b"/],
    ['a = 1', 2, /write ==/],
    ['a > 1 && b > 1', 6, /write and, or, not/],
    ['mAP50-95 > 0.5', 5, /blanks around "-".*quotes around a name/],
    ['a/2 > 0.5', 1, /blanks around "\/"/],
    ['2x > 1', 0, /starts with a digit stands in quotes/],
    ['max(a) > 1', 0, /"max" is no function: there are baseline, regress, rise/],
    ['regress(0.5) > 1', 8, /expected a metric/],
    ['(a > 1) + 2 > 1', 0, /condition where a number is needed/],
    ['not a', 4, /compare it/],
    ['a > 1 and b', 10, /compare it/],
    ['"a > 1', 0, /quote is not closed/],
    ['and > 1', 0, /expected a number or a metric, not "and"/],
    ['1e999 > a', 0, /too large/],
    ['a > 1;', 5, /";" is not known/],
    ['constructor.constructor("return 1")() > 0', 0, /is no function/],
  ])('refuses %j and says where', (text, at, message) => {
    const found = parseExpression(text);
    if (found.ok) throw new Error('was accepted');
    expect(found.at).toBe(at);
    expect(found.message).toMatch(message);
  });

  it('bounds length and depth', () => {
    expect(parseExpression(`${'('.repeat(32)}a${')'.repeat(32)} > 1`).ok).toBe(true);
    for (const text of [
      `${'('.repeat(33)}a${')'.repeat(33)} > 1`,
      `${'not '.repeat(33)}a > 1`,
      `${'-'.repeat(33)}a > 1`,
    ]) {
      expect(parseExpression(text)).toMatchObject({ ok: false, message: 'is nested deeper than 32' });
    }
    expect(parseExpression(`a > ${'1'.repeat(1000)}`)).toMatchObject({ ok: false, at: 1000 });
  });

  it('reads the longest of all conditions as it reads short ones', () => {
    const longest = `a${'+1'.repeat(495)} > 400`;
    expect(longest.length).toBeLessThanOrEqual(1_000);
    expect(holds(longest)).toBe(true);
  });

  it('answers about any text, and never throws', () => {
    forCases(1_000, (random) => {
      const words = [
        'a',
        'b',
        '1',
        '.5',
        '(',
        ')',
        '-',
        '/',
        '>=',
        '==',
        '=',
        'and',
        'not',
        'regress',
        '"',
        '"x"',
        '€',
        ' ',
      ];
      const text = Array.from({ length: random.below(12) }, () => words[random.below(words.length)]).join(
        random.once(3) ? '' : ' ',
      );
      const found = parseExpression(text);
      if (found.ok) evaluate(found.expression, MEASURED);
      else expect(found.at).toBeLessThanOrEqual(text.length);
    });
  });

  it('means what JavaScript means by the same condition', () => {
    forCases(700, (random) => {
      const [text, expected] = generated(random, 3);
      expect([text, holds(text)]).toEqual([text, expected]);
    });
  });
});

type Generated<T> = readonly [text: string, value: T];

/** A condition over whole numbers, fully in parentheses half of the time, with what it must give. */
function generated(random: Random, depth: number): Generated<boolean> {
  const kind = depth === 0 ? 'compare' : random.pick(['compare', 'and', 'or', 'not']);
  if (kind === 'not') {
    const [text, value] = generated(random, depth - 1);
    return [`not (${text})`, !value];
  }
  if (kind === 'compare') {
    const [[left, a], [right, b]] = [amount(random, depth), amount(random, depth)];
    const sign = random.pick(['>=', '<', '==', '!=']);
    const value = { '>=': a >= b, '<': a < b, '==': a === b, '!=': a !== b }[sign] ?? false;
    return [`${left} ${sign} ${right}`, value];
  }
  const [[left, a], [right, b]] = [generated(random, depth - 1), generated(random, depth - 1)];
  return [`(${left}) ${kind} (${right})`, kind === 'and' ? a && b : a || b];
}

function amount(random: Random, depth: number): Generated<number> {
  if (depth === 0 || random.once(2)) {
    const whole = random.below(9);
    return random.pick([
      [String(whole), whole],
      ['a', 2],
      ['b', 3],
    ] as [Generated<number>, ...Generated<number>[]]);
  }
  const [[left, a], [right, b]] = [amount(random, depth - 1), amount(random, depth - 1)];
  const sign = random.pick(['+', '-', '*']);
  return [`(${left} ${sign} ${right})`, { '+': a + b, '-': a - b, '*': a * b }[sign] ?? 0];
}
