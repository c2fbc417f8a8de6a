import type { RunView } from '../../../domain/run-state.ts';
import type { Language } from '../context.ts';
import { texts } from '../messages/texts.ts';
import { errorPairs, jobText, metricsText, stageParts, statusWord } from '../run-lines.ts';
import { painter } from '../terminal/colour.ts';
import { duration, figure, secondsBetween } from '../terminal/format.ts';
import { pairs } from '../terminal/table.ts';
import { cleanText, pad, truncate } from '../terminal/text.ts';
import { drawCurve } from './curve.ts';
import type { LossPoint } from './loss.ts';

/** What the frame shows besides the view. */
export interface FrameExtra {
  readonly loss: readonly LossPoint[];
  /** Last lines of the logs, oldest first; made safe here. */
  readonly logTail: readonly string[];
  /** What the watcher waits for, for instance a worker; `null` if nothing is wrong. */
  readonly trouble?: string | null;
  readonly now: Date;
  /** Columns of the terminal. */
  readonly width: number;
  readonly lang: Language;
  readonly colour: boolean;
}

const CURVE_LINES = 4;
const CURVE_COLUMNS = 56;

/** The live picture of a run: head, stages, loss, log; one text a line, none wider than the terminal. */
export function renderRun(view: RunView, extra: FrameExtra): string[] {
  const lines = [
    head(view, extra),
    '',
    ...stageLines(view, extra),
    ...lossLines(extra),
    ...logLines(extra),
    ...tailLines(view, extra),
  ];
  return lines.map((line) => fit(line, extra.width));
}

function head(view: RunView, { lang, colour, now }: FrameExtra): string {
  const say = texts(lang);
  const paint = painter(colour);
  const called = view.displayName === null ? '' : `  ${cleanText(view.displayName)}`;
  const took = duration(secondsBetween(view.createdAt, view.finishedAt, now), say);
  return `${paint('bold', cleanText(view.runId))}${called}  ${statusWord(view.status, paint, say)}  ${took}`;
}

function stageLines(view: RunView, extra: FrameExtra): string[] {
  const say = texts(extra.lang);
  const paint = painter(extra.colour);
  return view.stages.map((stage) => {
    const { symbol, word, time } = stageParts(stage, extra, say);
    const attempt = stage.attempts > 1 ? say('stage.attempt', { number: stage.attempts }) : '';
    const name = stage.status === 'running' ? paint('bold', pad(stage.name, 10)) : pad(stage.name, 10);
    return `  ${symbol} ${name}${pad(word, 12)}${pad(time, 12)}${attempt}`.trimEnd();
  });
}

function lossLines({ loss, width, lang, colour }: FrameExtra): string[] {
  const last = loss.at(-1);
  const curve = drawCurve(loss, Math.min(CURVE_COLUMNS, width - 4), CURVE_LINES);
  if (last === undefined || curve.length === 0) return [];
  const say = texts(lang);
  const paint = painter(colour);
  const title = `  ${say('view.loss')} ${figure(last[1])}  ${paint('dim', say('view.step', { step: last[0] }))}`;
  return ['', title, ...curve.map((line) => `  ${paint('cyan', line)}`)];
}

function logLines({ logTail, colour }: FrameExtra): string[] {
  if (logTail.length === 0) return [];
  const paint = painter(colour);
  return ['', ...logTail.map((line) => `  ${paint('dim', cleanText(line).replaceAll('\t', '  '))}`)];
}

function tailLines(view: RunView, extra: FrameExtra): string[] {
  const say = texts(extra.lang);
  const paint = painter(extra.colour);
  const metrics = metricsText(view);
  const job = jobText(view, say);
  const facts = [
    ...(job === null ? [] : [[say('view.job'), job] as const]),
    ...(metrics === null ? [] : [[say('view.metrics'), metrics] as const]),
    ...(view.service === null ? [] : [[say('view.service'), cleanText(view.service.url)] as const]),
    ...errorPairs(view, extra, say),
  ];
  const parked =
    view.status === 'parked'
      ? [paint('yellow', say('watch.parked', { run: view.runId, until: view.parkedUntil ?? '?' }))]
      : [];
  const trouble = extra.trouble ? [paint('yellow', say('watch.trouble', { why: cleanText(extra.trouble) }))] : [];
  const below = [...pairs(facts), ...parked, ...trouble].map((line) => `  ${line}`);
  return below.length === 0 ? [] : ['', ...below];
}

/** Cuts a line that is too wide; colour is given up with what is cut. */
function fit(line: string, width: number): string {
  return truncate(line, Math.max(1, width - 1));
}
