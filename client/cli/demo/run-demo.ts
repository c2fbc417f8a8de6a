import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunView } from '../../../domain/run-state.ts';
import { connect } from '../../sdk/trainyard.ts';
import type { Trainyard } from '../../sdk/types.ts';
import { askService } from '../../v2-infer.ts';
import type { CommandContext, DemoSession } from '../context.ts';
import { EXIT, exitOfRun } from '../exit-codes.ts';
import { watchRun } from '../live/watch-run.ts';
import { texts } from '../messages/texts.ts';
import { tell } from '../output.ts';
import { demoLines } from './lines.ts';
import { demoSpec } from './spec.ts';
import { bestClass, type DemoSummary, type Prediction, summarize } from './summary.ts';

/** How long a cancelled run may take to end before the demo stops anyway, milliseconds. */
const CANCEL_MS = 45_000;

/**
 * The whole path on this machine. A demo that was killed is picked up where it was: the run is in Temporal's file.
 * @returns the exit code
 */
export async function runDemo(context: CommandContext, keep: boolean): Promise<number> {
  const say = texts(context.lang);
  const composition = await context.composition();
  tell(context, say('demo.starting'));
  const session = await composition.demo({ directory: context.directory });
  const sdk = await connect({
    address: session.address,
    namespace: session.namespace,
    taskQueue: session.taskQueue,
    readRecord: (runId) => session.workspace.readRecord(runId),
  }).catch(async (error: unknown) => {
    await session.stop();
    throw error;
  });
  const inside: CommandContext = {
    ...context,
    sdk: async () => sdk,
    workspace: async () => session.workspace,
    runFiles: async () => session.runFiles,
  };
  try {
    tell(context, say(session.repos.reused ? 'demo.reposReused' : 'demo.reposMade', { folder: session.state }));
    const runId = await findOrStart(inside, sdk, session);
    const view = await watchRun(inside, runId, {});
    if (context.signal.aborted) return await abandon(inside, sdk, runId);
    if (view === null) return EXIT.error;
    return await finish(inside, session, view, keep);
  } finally {
    await sdk.close();
    await session.stop();
  }
}

async function findOrStart(context: CommandContext, sdk: Trainyard, session: DemoSession): Promise<string> {
  const say = texts(context.lang);
  const [open] = (await sdk.list({ limit: 5 })).filter((run) => run.finishedAt === null);
  if (open !== undefined) {
    tell(context, say('demo.goesOn', { run: open.runId }));
    return open.runId;
  }
  const { runId } = await sdk.start(demoSpec(session.repos));
  tell(context, say('demo.started', { run: runId }));
  return runId;
}

/** Ctrl-C: the run is cancelled, so that no process is left behind. */
async function abandon(context: CommandContext, sdk: Trainyard, runId: string): Promise<number> {
  tell(context, texts(context.lang)('demo.cancelling'));
  await sdk.cancel(runId, { reason: 'the demo was interrupted' });
  await sdk.result(runId, { signal: AbortSignal.timeout(CANCEL_MS) }).catch(() => null);
  return EXIT.interrupted;
}

async function finish(context: CommandContext, session: DemoSession, view: RunView, keep: boolean): Promise<number> {
  const record = await session.workspace.readRecord(view.runId);
  const [digit] = session.repos.unseen;
  const prediction = digit === undefined ? null : await predict(view, digit);
  const summary = summarize(view, record, prediction);
  const file = join(session.state, 'summary.json');
  await writeFile(file, `${JSON.stringify(summary, null, 2)}\n`);
  print(context, view, summary, digit?.pixels ?? [], { file, keep });
  const right = prediction !== null && prediction.label === prediction.expected;
  if (view.status === 'succeeded' && !right) return EXIT.error;
  if (keep && view.status === 'succeeded') await untilInterrupted(context.signal);
  return exitOfRun(view.status);
}

async function predict(
  view: RunView,
  digit: { readonly pixels: readonly number[]; readonly label: number },
): Promise<Prediction | null> {
  if (view.service === null) return null;
  const scores = await askService(view.service.url, view.name, digit.pixels);
  return { label: bestClass(scores), expected: digit.label };
}

function print(
  context: CommandContext,
  view: RunView,
  summary: DemoSummary,
  pixels: readonly number[],
  where: { readonly file: string; readonly keep: boolean },
): void {
  if (context.format !== 'table') {
    context.streams.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    return;
  }
  const style = { lang: context.lang, colour: context.colour, now: new Date() };
  context.streams.stdout.write(`${demoLines(view, summary, pixels, { ...where, ...style }).join('\n')}\n`);
}

async function untilInterrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
