import type { RunView } from '../../domain/run-state.ts';
import type { CommandContext } from './context.ts';
import { EXIT, exitOfRun } from './exit-codes.ts';
import { watchRun } from './live/watch-run.ts';
import { texts } from './messages/texts.ts';
import { printResult, tell } from './output.ts';
import { runResult } from './run-lines.ts';
import { cleanText } from './terminal/text.ts';

export interface FollowOptions {
  /** Seconds; the run goes on afterwards. */
  readonly timeout: number | undefined;
  /** Say nothing on the way. */
  readonly silent: boolean;
  /** Return when the run waits for a person. */
  readonly stopWhenParked: boolean;
}

/** Follows a run, prints it at the end, and gives the exit code that its end means. */
export async function followToEnd(context: CommandContext, runId: string, options: FollowOptions): Promise<number> {
  const say = texts(context.lang);
  const { timeout, silent, stopWhenParked } = options;
  const timer = timeout === undefined ? null : AbortSignal.timeout(timeout * 1000);
  const view = await watchRun(context, runId, { silent, stopWhenParked, ...(timer === null ? {} : { signal: timer }) });
  if (context.signal.aborted) {
    tell(context, say('watch.detached', { run: cleanText(runId) }));
    return EXIT.interrupted;
  }
  if (view !== null) await printView(context, view);
  const code = view === null ? EXIT.timedOut : exitOfRun(view.status);
  if (code === EXIT.timedOut) tell(context, say('watch.timeout', { seconds: timeout ?? 0, run: cleanText(runId) }));
  if (code === EXIT.waiting && view !== null) {
    const run = cleanText(runId);
    if (view.status === 'waiting') tell(context, say('watch.gate', { run }));
    else tell(context, say('watch.parked', { run, until: view.parkedUntil ?? '?' }));
  }
  return code;
}

async function printView(context: CommandContext, view: RunView): Promise<void> {
  const { lang, colour } = context;
  await printResult(context, runResult(view, { lang, colour, now: new Date() }));
}
