import type { RunStatus } from '../../../domain/run-state.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { countOf, isSet, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { watchRun } from '../live/watch-run.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { confirm } from '../prompt.ts';
import { runResult } from '../run-lines.ts';
import { resolveRun } from '../run-ref.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

const OVER: readonly RunStatus[] = ['succeeded', 'failed', 'cancelled'];

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const timeout = countOf(input, 'timeout', context.lang);
  const runId = await resolveRun(context, input.args[0]);
  const shown = cleanText(runId);
  if (!(await confirm(context, say('ask.cancel', { run: shown }), `run cancel ${shown}`))) {
    tell(context, say('ask.declined'));
    return EXIT.declined;
  }
  const sdk = await context.sdk();
  const before = await sdk.get(runId).catch(() => null);
  if (before !== null && OVER.includes(before.status)) {
    tell(context, say('cancel.ended', { run: shown, status: say(`status.${before.status}`) }));
    return EXIT.ok;
  }
  const reason = textOf(input, 'reason');
  // Who asks a second time does not want to wait for the grace.
  const force = isSet(input, 'force') || before?.status === 'cancelling';
  await sdk.cancel(runId, { ...(reason === undefined ? {} : { reason }), ...(force ? { force } : {}) });
  if (isSet(input, 'detach')) return EXIT.ok;
  tell(context, say(force ? 'cancel.forced' : 'cancel.asked', { run: shown }));
  return waitForEnd(context, runId, timeout);
}

async function waitForEnd(context: CommandContext, runId: string, timeout: number | undefined): Promise<number> {
  const say = texts(context.lang);
  const timer = timeout === undefined ? {} : { signal: AbortSignal.timeout(timeout * 1000) };
  const view = await watchRun(context, runId, { silent: true, ...timer });
  if (context.signal.aborted) return EXIT.interrupted;
  if (view === null || !OVER.includes(view.status)) {
    tell(context, say('watch.timeout', { seconds: timeout ?? 0, run: cleanText(runId) }));
    return EXIT.timedOut;
  }
  const { lang, colour } = context;
  await printResult(context, runResult(view, { lang, colour, now: new Date() }));
  if (view.leftovers.length === 0) return EXIT.ok;
  tell(context, say('cancel.leftovers'), ...view.leftovers.map((line) => `  ${cleanText(line)}`));
  return EXIT.error;
}
