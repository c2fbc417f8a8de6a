import { setTimeout as sleep } from 'node:timers/promises';
import type { LogFile, Workspace } from '../../../ports/workspace.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { countOf, isSet, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { lastLines, tailLines } from '../live/line-tail.ts';
import type { LineTail } from '../live/line-tail.ts';
import { selectLogs, stageOf } from '../log-files.ts';
import type { LogFilter } from '../log-files.ts';
import { logLine } from '../log-line.ts';
import { texts } from '../messages/texts.ts';
import { print, printResult, tell } from '../output.ts';
import { resolveRun } from '../run-ref.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

const POLL_MS = 250;

interface Wish {
  readonly filter: LogFilter;
  readonly tail: number | undefined;
  readonly prefix: boolean;
}

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const { lang } = context;
  const wish: Wish = {
    filter: { stage: textOf(input, 'stage'), rank: countOf(input, 'rank', lang) },
    tail: countOf(input, 'tail', lang),
    prefix: input.options['prefix'] !== false,
  };
  const runId = await resolveRun(context, input.args[0]);
  const workspace = await context.workspace();
  return isSet(input, 'follow') ? follow(context, workspace, runId, wish) : once(context, workspace, runId, wish);
}

async function once(context: CommandContext, workspace: Workspace, runId: string, wish: Wish): Promise<Ended> {
  const files = selectLogs(await workspace.logFiles(runId), wish.filter);
  // A run nobody knows is an error; one that wrote nothing yet is not.
  if (files.length === 0) await (await context.sdk()).get(runId);
  if (context.format === 'table') {
    for (const file of files) await printFile(context, file, wish, files.length > 1);
    if (files.length === 0) tell(context, texts(context.lang)('logs.none', { run: cleanText(runId) }));
    return EXIT.ok;
  }
  const parts = await Promise.all(files.map((file) => filePart(file, wish.tail)));
  await printResult(context, { data: parts, names: files.map(({ path }) => path), lines: () => [] });
  return EXIT.ok;
}

async function filePart(file: LogFile, tail: number | undefined): Promise<object> {
  const { lines } = await lastLines(file.path, tail ?? Number.MAX_SAFE_INTEGER);
  return { job: file.job, stage: stageOf(file), role: file.role, rank: file.rank, lines };
}

async function printFile(context: CommandContext, file: LogFile, wish: Wish, several: boolean): Promise<void> {
  const style = { colour: context.colour, prefix: several && wish.prefix };
  if (wish.tail !== undefined) {
    const { lines } = await lastLines(file.path, wish.tail);
    print(
      context,
      lines.map((line) => logLine(file, line, style)),
    );
    return;
  }
  const tail = tailLines(file.path);
  for (let lines = await tail.read(); lines.length > 0; lines = await tail.read()) {
    print(
      context,
      lines.map((line) => logLine(file, line, style)),
    );
  }
  print(
    context,
    tail.rest().map((line) => logLine(file, line, style)),
  );
}

/** Prints what is there, then what comes, until the run has ended and nothing more is left. */
async function follow(context: CommandContext, workspace: Workspace, runId: string, wish: Wish): Promise<Ended> {
  const tails = new Map<string, LineTail>();
  const run = await endOf(context, runId);
  try {
    for (;;) {
      const ended = run.ended();
      const gained = await printGained(context, workspace, runId, wish, tails);
      if (context.signal.aborted) return EXIT.interrupted;
      if (ended && !gained) break;
      if (!gained) await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() => undefined);
    }
  } finally {
    await run.stop();
  }
  return EXIT.ok;
}

async function printGained(
  context: CommandContext,
  workspace: Workspace,
  runId: string,
  wish: Wish,
  tails: Map<string, LineTail>,
): Promise<boolean> {
  const files = selectLogs(await workspace.logFiles(runId), wish.filter);
  let gained = false;
  for (const file of files) {
    const first = !tails.has(file.path) && wish.tail !== undefined ? await lastLines(file.path, wish.tail) : null;
    const tail = tails.get(file.path) ?? tailLines(file.path, first?.end ?? 0);
    tails.set(file.path, tail);
    const lines = [...(first?.lines ?? []), ...(await tail.read())];
    gained ||= lines.length > 0;
    const style = { colour: context.colour, prefix: wish.prefix && wish.filter.rank === undefined };
    print(
      context,
      lines.map((line) => (context.format === 'json' ? jsonLine(file, line) : logLine(file, line, style))),
    );
  }
  return gained;
}

function jsonLine(file: LogFile, line: string): string {
  return JSON.stringify({
    job: file.job,
    stage: stageOf(file),
    role: file.role,
    rank: file.rank,
    line: cleanText(line),
  });
}

/** Watches for the end of the run in the background. A server that is away for a while ends nothing. */
async function endOf(context: CommandContext, runId: string): Promise<{ ended(): boolean; stop(): Promise<void> }> {
  const sdk = await context.sdk();
  const stopper = new AbortController();
  const signal = AbortSignal.any([context.signal, stopper.signal]);
  let over = false;
  let failure: unknown = null;
  const watching = (async () => {
    for await (const view of sdk.watch(runId, { signal, intervalMs: 1000 })) void view;
  })().then(
    () => (over = true),
    (error: unknown) => {
      over = true;
      failure = error;
    },
  );
  return {
    ended: () => over,
    stop: async () => {
      stopper.abort();
      await watching;
      if (failure !== null) throw failure instanceof Error ? failure : new Error(String(failure));
    },
  };
}
