import type { CommitHistory } from '../../ports/git.ts';
import type { RunDiff } from '../../spec/run-diff.ts';
import type { CommandContext } from './context.ts';
import type { Say } from './messages/texts.ts';
import { texts } from './messages/texts.ts';
import { painter } from './terminal/colour.ts';
import { duration, figure } from './terminal/format.ts';
import { table } from './terminal/table.ts';
import { cleanText } from './terminal/text.ts';

type Style = Pick<CommandContext, 'lang' | 'colour'>;

/** Two runs side by side for people; parts in which they do not differ are left out. */
export function diffLines(diff: RunDiff, histories: Readonly<Record<string, CommitHistory>>, style: Style): string[] {
  const say = texts(style.lang);
  const paint = painter(style.colour);
  const [a, b] = [cleanText(diff.runs[0]), cleanText(diff.runs[1])];
  const part = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', paint('bold', title), ...lines.map((line) => `  ${line}`)];
  const sides = (heading: string, rows: readonly (readonly string[])[], more: readonly string[] = []): string[] =>
    rows.length === 0 ? [] : table([heading, a, b, ...more], rows);
  return [
    `A  ${a}`,
    `B  ${b}`,
    ...part(say('diff.spec'), sides(say('column.field'), diff.fields.map(textRow))),
    ...part(say('diff.facts'), sides(say('column.name'), diff.facts.map(textRow))),
    ...part(say('diff.commits'), commitLines(diff, histories, sides, say)),
    ...part(say('view.metrics'), sides(say('column.name'), diff.metrics.map(metricRow), [say('column.delta')])),
    ...part(say('diff.stages'), sides(say('column.stage'), stageRows(diff, say))),
  ];
}

interface Sided {
  readonly name: string;
  readonly a: string | null;
  readonly b: string | null;
}

function textRow({ name, a, b }: Sided): string[] {
  return [cleanText(name), shown(a), shown(b)];
}

function metricRow({ name, a, b, delta }: RunDiff['metrics'][number]): string[] {
  const number = (value: number | null): string => (value === null ? '-' : figure(value));
  return [cleanText(name), number(a), number(b), delta === null ? '' : `${delta > 0 ? '+' : ''}${figure(delta)}`];
}

function stageRows({ stages }: RunDiff, say: Say): string[][] {
  const side = ({ status, seconds }: RunDiff['stages'][number]['a']): string =>
    seconds === null ? say(`stage.${status}`) : duration(seconds, say);
  return stages.map(({ name, a, b }) => [name, side(a), side(b)]);
}

function commitLines(
  { commits }: RunDiff,
  histories: Readonly<Record<string, CommitHistory>>,
  sides: (heading: string, rows: readonly (readonly string[])[]) => string[],
  say: Say,
): string[] {
  const rows = commits.map(({ name, a, b }) => [
    name,
    shown(a === null ? null : a.slice(0, 12)),
    shown(b?.slice(0, 12) ?? null),
  ]);
  const told = commits.flatMap(({ name }) => {
    const history = histories[name];
    if (history === undefined) return [];
    const lines = history.between ?? [history.from, history.to].filter((line) => line !== null);
    return lines.map((line) => `${name}: ${cleanText(line)}`);
  });
  return [...sides(say('column.source'), rows), ...told];
}

function shown(value: string | null): string {
  return value === null ? '-' : cleanText(value);
}
