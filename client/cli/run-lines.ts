import { errorEntry } from '../../domain/errors.ts';
import type { RunStatus, RunView, StageStatus, StageView } from '../../domain/run-state.ts';
import { attemptLines } from './attempt-lines.ts';
import type { Language } from './context.ts';
import { whatAndWhy } from './error-text.ts';
import { waitingRows } from './gate-lines.ts';
import { texts } from './messages/texts.ts';
import type { Say } from './messages/texts.ts';
import type { Result } from './output.ts';
import type { Paint, Style } from './terminal/colour.ts';
import { painter } from './terminal/colour.ts';
import { duration, figure, secondsBetween } from './terminal/format.ts';
import { pairs, table } from './terminal/table.ts';
import { cleanText } from './terminal/text.ts';

const SYMBOLS: Readonly<Record<StageStatus, readonly [symbol: string, style: Style]>> = {
  waiting: ['○', 'dim'],
  running: ['●', 'cyan'],
  done: ['✓', 'green'],
  reused: ['↺', 'green'],
  off: ['–', 'dim'],
  skipped: ['↷', 'yellow'],
  failed: ['✗', 'red'],
  cancelled: ['⊘', 'yellow'],
};

const STATUS_STYLES: Readonly<Record<RunStatus, Style>> = {
  running: 'cyan',
  waiting: 'yellow',
  parked: 'yellow',
  suspended: 'yellow',
  succeeded: 'green',
  failed: 'red',
  cancelling: 'yellow',
  cancelled: 'yellow',
};

/** How lines for people are made. */
export interface LineStyle {
  readonly lang: Language;
  readonly colour: boolean;
  readonly now: Date;
}

/** A run as the result of `get`, `watch` and `start --wait`. */
export function runResult(view: RunView, style: LineStyle): Result {
  return { data: view, names: [view.runId], lines: () => runLines(view, style) };
}

/** Everything about a run, then its stages. */
export function runLines(view: RunView, style: LineStyle): string[] {
  const say = texts(style.lang);
  const stages = view.stages.length === 0 ? [] : ['', ...stageTable(view, style)];
  return [...pairs(runPairs(view, style, say)), ...stages, ...attemptLines(view, style)];
}

/** The stages with times and attempts, and their sum. */
export function stageTable(view: RunView, style: LineStyle): string[] {
  const say = texts(style.lang);
  const rows = view.stages.map((stage) => {
    const { symbol, word, time } = stageParts(stage, style, say);
    return [`${symbol} ${stage.name}`, word, time, stage.attempts === 0 ? '' : String(stage.attempts)];
  });
  const total = duration(secondsBetween(view.createdAt, view.finishedAt, style.now), say);
  const headings = [`  ${say('column.stage')}`, say('column.status'), say('column.time'), say('column.attempts')];
  return table(headings, [...rows, [`  ${say('view.total')}`, '', total, '']]);
}

/** Symbol, word and time of a stage; the word stands beside the symbol because colour alone says nothing. */
export function stageParts(
  stage: StageView,
  { colour, now }: LineStyle,
  say: Say,
): { symbol: string; word: string; time: string } {
  const [symbol, style] = SYMBOLS[stage.status];
  const time = stage.startedAt === null ? '' : duration(secondsBetween(stage.startedAt, stage.finishedAt, now), say);
  return { symbol: painter(colour)(style, symbol), word: say(`stage.${stage.status}`), time };
}

/** The status in words, in its colour. */
export function statusWord(status: RunStatus, paint: Paint, say: Say): string {
  return paint(STATUS_STYLES[status], say(`status.${status}`));
}

function runPairs(view: RunView, style: LineStyle, say: Say): (readonly [string, string])[] {
  const paint = painter(style.colour);
  const rows: (readonly [string, string | null])[] = [
    [say('view.run'), paint('bold', cleanText(view.runId))],
    [say('view.name'), cleanText(view.name)],
    [say('view.displayName'), view.displayName === null ? null : cleanText(view.displayName)],
    [say('view.project'), view.project === 'default' ? null : cleanText(view.project)],
    [say('view.status'), statusWord(view.status, paint, say)],
    [say('view.job'), jobText(view, say)],
    [say('view.rerunOf'), rerunText(view, say)],
    [say('view.created'), view.createdAt],
    [say('view.took'), duration(secondsBetween(view.createdAt, view.finishedAt, style.now), say)],
    [say('view.parkedUntil'), view.parkedUntil],
    ...waitingRows(view, say),
    [say('view.output'), view.output === null ? null : cleanText(view.output.url)],
    [say('view.branch'), view.output === null ? null : cleanText(view.output.branch)],
    [say('view.commit'), view.output?.commit ?? null],
    [
      say('view.service'),
      view.service === null ? null : cleanText(`${view.service.url}  ${view.service.name} ${view.service.version}`),
    ],
    [say('view.metrics'), metricsText(view)],
    ...errorPairs(view, style, say),
    [say('view.leftovers'), view.leftovers.length === 0 ? null : cleanText(view.leftovers.join(', '))],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

/** Why it failed or parked, where, and what mends it. */
export function errorPairs(view: RunView, style: LineStyle, say: Say): (readonly [string, string])[] {
  const { error } = view;
  if (error === null) return [];
  const paint = painter(style.colour);
  const fix = (error.fix ?? errorEntry(error.code).fix[style.lang])
    .replace(/\bRUN\b/g, view.runId)
    .replace(/--rank N\b/, `--rank ${view.cause?.rank ?? 'N'}`);
  const { what, why } = whatAndWhy(error, style.lang);
  const rows: (readonly [string, string | undefined])[] = [
    [say('error.where'), error.where],
    [say('error.why'), style.lang === 'en' ? error.why : why],
    [say('view.fix'), fix],
  ];
  const head = [say('view.error'), `${paint('red', error.code)}: ${oneLine(what)}`] as const;
  return [head, ...rows.flatMap(([name, value]) => (value ? [[name, oneLine(value)] as const] : []))];
}

/** `run-digits-a2b3c4, from package`; `null` for a run that began by itself. */
function rerunText({ rerunOf }: RunView, say: Say): string | null {
  return rerunOf === undefined ? null : cleanText(say('view.rerunFrom', { run: rerunOf.runId, stage: rerunOf.from }));
}

/** `queued: no room for all replicas at once in queue ml`; `null` while it simply runs. */
export function jobText({ job }: RunView, say: Say): string | null {
  if (job === undefined || job.reason === null || job.phase === 'cancelled') return null;
  if (job.phase === 'succeeded' || job.phase === 'failed') return null;
  return `${say(`job.${job.phase}`)}: ${oneLine(job.reason)}`;
}

/** `accuracy 0.98, loss 0.12`. */
export function metricsText(view: RunView): string | null {
  const entries = Object.entries(view.metrics ?? {});
  if (entries.length === 0) return null;
  return cleanText(entries.map(([name, value]) => `${name} ${figure(value)}`).join(', '));
}

function oneLine(text: string): string {
  return cleanText(text)
    .replace(/\s*\n\s*/g, ' · ')
    .trim();
}
