import { setTimeout as sleep } from 'node:timers/promises';
import type { RunView } from '../../../domain/run-state.ts';
import type { RunFiles } from '../../../ports/run-files.ts';
import type { CommandContext } from '../context.ts';
import { headline } from '../error-text.ts';
import { texts } from '../messages/texts.ts';
import { tell } from '../output.ts';
import { cleanText } from '../terminal/text.ts';
import { changesBetween } from './changes.ts';
import { renderRun } from './frame.ts';
import { latestLog } from './log-tail.ts';
import { readLoss } from './loss.ts';
import type { LossPoint } from './loss.ts';
import { createScreen } from './screen.ts';

export interface WatchRunOptions {
  /** Draw a live picture in place; otherwise one line a change. By default: whether standard error is a terminal. */
  readonly redraw?: boolean;
  /** Milliseconds between two pictures; 250 by default. */
  readonly frameMs?: number;
  /** Ends the watching, not the run. The context's own signal always does. */
  readonly signal?: AbortSignal;
  /** Return as soon as the run waits for a person. */
  readonly stopWhenParked?: boolean;
  /** Say nothing on the way. */
  readonly silent?: boolean;
  /** Leave the last picture on the screen. */
  readonly keepFrame?: boolean;
}

interface Seen {
  view: RunView | null;
  trouble: string | null;
  ended: boolean;
}

const LOG_LINES = 6;

/**
 * Follows a run on standard error until it has ended, a signal comes, or (if asked) it parks.
 * @returns the last view; `null` if a signal came before there was any
 */
export async function watchRun(
  context: CommandContext,
  runId: string,
  options: WatchRunOptions = {},
): Promise<RunView | null> {
  const stop = new AbortController();
  const signal = AbortSignal.any([
    context.signal,
    stop.signal,
    ...(options.signal === undefined ? [] : [options.signal]),
  ]);
  const seen: Seen = { view: null, trouble: null, ended: false };
  const following = follow(context, runId, options, seen, signal);
  const drawing =
    options.silent === true || context.quiet ? Promise.resolve() : show(context, runId, options, seen, signal);
  try {
    await following;
  } finally {
    seen.ended = true;
    stop.abort();
    await drawing;
  }
  return seen.view;
}

/** Keeps `seen` fresh. */
async function follow(
  context: CommandContext,
  runId: string,
  options: WatchRunOptions,
  seen: Seen,
  signal: AbortSignal,
): Promise<void> {
  const sdk = await context.sdk();
  const onTrouble = (error: Error | null): void => {
    seen.trouble = error === null ? null : headline(error, context.lang);
  };
  for await (const view of sdk.watch(runId, { signal, onTrouble })) {
    seen.view = view;
    if (options.stopWhenParked === true && (view.status === 'parked' || view.status === 'waiting')) return;
  }
}

async function show(
  context: CommandContext,
  runId: string,
  options: WatchRunOptions,
  seen: Seen,
  signal: AbortSignal,
): Promise<void> {
  const { stderr } = context.streams;
  const redraw = options.redraw ?? (stderr.isTTY === true && context.env['TERM'] !== 'dumb');
  const files = await context.runFiles().catch(() => null);
  const loss = files === null ? null : readLoss(() => files.metricsFile(runId));
  const picture = redraw ? drawing(context, runId, files, options) : printing(context);
  while (!seen.ended) {
    await loss?.refresh().catch(() => false);
    await picture.step(seen, loss?.points() ?? []);
    await sleep(options.frameMs ?? 250, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
  }
  await loss?.refresh().catch(() => false);
  await picture.end(seen, loss?.points() ?? []);
}

interface Picture {
  step(seen: Seen, loss: readonly LossPoint[]): Promise<void>;
  end(seen: Seen, loss: readonly LossPoint[]): Promise<void>;
}

function drawing(context: CommandContext, runId: string, files: RunFiles | null, options: WatchRunOptions): Picture {
  const { stderr } = context.streams;
  const size = (name: 'columns' | 'rows', fallback: number): number => {
    const value: unknown = Reflect.get(stderr, name);
    return typeof value === 'number' && value > 0 ? value : fallback;
  };
  const screen = createScreen(stderr, () => size('rows', 24));
  const step = async (seen: Seen, loss: readonly LossPoint[]): Promise<void> => {
    if (seen.view === null) return;
    const logTail = files === null ? [] : await latestLog(files, runId, LOG_LINES);
    const { lang, errorColour: colour } = context;
    const extra = { loss, logTail, trouble: seen.trouble, now: new Date(), width: size('columns', 80), lang, colour };
    screen.draw(renderRun(seen.view, extra));
  };
  return {
    step,
    end: async (seen, loss) => {
      if (options.keepFrame === true) await step(seen, loss);
      else screen.clear();
    },
  };
}

/** One line a change, for pipes and files. */
function printing(context: CommandContext): Picture {
  const say = texts(context.lang);
  let before: RunView | null = null;
  let trouble: string | null = null;
  const step = (seen: Seen, loss: readonly LossPoint[]): Promise<void> => {
    const { view } = seen;
    if (view !== null && view !== before) {
      tell(context, ...changesBetween(before, view, { say, last: loss.at(-1) ?? null }).map((line) => cleanText(line)));
      before = view;
    }
    if (seen.trouble !== trouble) {
      trouble = seen.trouble;
      tell(context, trouble === null ? say('watch.again') : say('watch.trouble', { why: cleanText(trouble) }));
    }
    return Promise.resolve();
  };
  return { step, end: step };
}
