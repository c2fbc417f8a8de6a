import { stampNanos } from '../../domain/log-text.ts';
import type { LogFile } from '../../ports/workspace.ts';

/** A line of one rank. */
export interface LogEntry {
  readonly file: LogFile;
  /** As it stands in the file. */
  readonly line: string;
  /** Nanoseconds since 1970; that of the line before where it has none itself, `null` where none has. */
  readonly at: bigint | null;
}

/** Gives the lines of one file their times, as they come. */
export function createDater(file: LogFile): (line: string) => LogEntry {
  let last: bigint | null = null;
  return (line) => {
    last = stampNanos(line) ?? last;
    return { file, line, at: last };
  };
}

/** Lines of several files in the order of their times; those without any come first, file after file. */
export function sortByTime(entries: readonly LogEntry[]): readonly LogEntry[] {
  return entries.toSorted((a, b) => compare(a.at, b.at));
}

/** The same for files that are too long to be held: each is read along. */
export async function* mergeByTime(sources: readonly AsyncIterable<LogEntry>[]): AsyncIterable<LogEntry> {
  const heads: Head[] = [];
  for (const source of sources) {
    const lines = source[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done !== true) heads.push({ entry: first.value, lines });
  }
  while (heads.length > 0) {
    const index = earliest(heads);
    const head = heads[index];
    if (head === undefined) return;
    const others = heads.filter((other) => other !== head);
    const next = others[earliest(others)]?.entry.at;
    // A file goes on until it is overtaken: looking at all of them for each line would be slow.
    do {
      yield head.entry;
      const step = await head.lines.next();
      if (step.done === true) {
        heads.splice(index, 1);
        break;
      }
      head.entry = step.value;
    } while (next === undefined || compare(head.entry.at, next) <= 0);
  }
}

interface Head {
  entry: LogEntry;
  readonly lines: AsyncIterator<LogEntry>;
}

/** Of equal ones the first, so that the order of the files holds. */
function earliest(heads: readonly Head[]): number {
  let best = 0;
  for (let index = 1; index < heads.length; index += 1) {
    if (compare(heads[index]?.entry.at ?? null, heads[best]?.entry.at ?? null) < 0) best = index;
  }
  return best;
}

function compare(a: bigint | null, b: bigint | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}
