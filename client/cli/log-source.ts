import type { LogFile } from '../../ports/workspace.ts';
import { lastLines, tailLines } from './live/line-tail.ts';
import { createDater, mergeByTime } from './log-merge.ts';
import type { LogEntry } from './log-merge.ts';

/** What of a log is wanted. */
export interface LogRange {
  /** Lines from the end of each file; `undefined` = all. */
  readonly tail: number | undefined;
  /** Nanoseconds since 1970. */
  readonly since: bigint | undefined;
}

/** Whether a line is late enough. One without a time is, since nobody can tell. */
export function isSince(entry: LogEntry, since: bigint | undefined): boolean {
  return since === undefined || entry.at === null || entry.at >= since;
}

/** What is in the files now: job after job, and the ranks of a job in the order of their times where they have any. */
export async function* readLogs(files: readonly LogFile[], range: LogRange): AsyncIterable<LogEntry> {
  const jobs = Map.groupBy(files, ({ job }) => job);
  for (const ranks of jobs.values()) yield* mergeByTime(ranks.map((file) => readLog(file, range)));
}

async function* readLog(file: LogFile, { tail, since }: LogRange): AsyncIterable<LogEntry> {
  const date = createDater(file);
  for await (const line of linesOf(file, tail)) {
    const entry = date(line);
    if (isSince(entry, since)) yield entry;
  }
}

async function* linesOf(file: LogFile, tail: number | undefined): AsyncIterable<string> {
  if (tail !== undefined) {
    yield* (await lastLines(file.path, tail)).lines;
    return;
  }
  const reading = tailLines(file.path);
  for (let lines = await reading.read(); lines.length > 0; lines = await reading.read()) yield* lines;
  yield* reading.rest();
}
