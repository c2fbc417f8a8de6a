import { setTimeout as sleep } from 'node:timers/promises';
import type { LogFile } from '../../../ports/workspace.ts';
import type { CommandContext } from '../context.ts';
import { createDater, sortByTime } from '../log-merge.ts';
import type { LogEntry } from '../log-merge.ts';
import { isSince } from '../log-source.ts';
import type { LogRange } from '../log-source.ts';
import { lastLines, tailLines } from './line-tail.ts';
import type { LineTail } from './line-tail.ts';

const POLL_MS = 250;

export interface Following extends LogRange {
  readonly runId: string;
  readonly files: () => Promise<readonly LogFile[]>;
  readonly print: (entries: readonly LogEntry[]) => void;
}

interface Followed {
  readonly tail: LineTail;
  readonly date: (line: string) => LogEntry;
}

/** Gives what is there, then what comes, until the run has ended and nothing more is left. */
export async function followLogs(context: CommandContext, wish: Following): Promise<void> {
  const followed = new Map<string, Followed>();
  const run = await endOf(context, wish.runId);
  try {
    for (;;) {
      const ended = run.ended();
      const gained = await takeGained(wish, followed);
      wish.print(gained.filter((entry) => isSince(entry, wish.since)));
      if (context.signal.aborted || (ended && gained.length === 0)) return;
      if (gained.length === 0) await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() => undefined);
    }
  } finally {
    await run.stop();
  }
}

/** What the files have gained since the last time, together in the order of their times. */
async function takeGained(wish: Following, followed: Map<string, Followed>): Promise<readonly LogEntry[]> {
  const gained: LogEntry[] = [];
  for (const file of await wish.files()) {
    const known = followed.get(file.path);
    const first = known === undefined && wish.tail !== undefined ? await lastLines(file.path, wish.tail) : null;
    const { tail, date } = known ?? { tail: tailLines(file.path, first?.end ?? 0), date: createDater(file) };
    followed.set(file.path, { tail, date });
    for (const line of [...(first?.lines ?? []), ...(await tail.read())]) gained.push(date(line));
  }
  return sortByTime(gained);
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
