import { hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { stampNanos } from '../../../domain/log-text.ts';

const CHUNK = 256 * 1024;
/** How far back the end of a file is looked at; only a flood writes more in two seconds. */
const WINDOW = 8 * 1024 * 1024;
const SECOND = 1_000_000_000n;
const STAMP_BYTES = 48;
const NEWLINE = 0x0a;

/** How far a log has been read. */
export interface Position {
  /** Time of the newest line, nanoseconds; `null` = nothing was read. */
  readonly newest: bigint | null;
  /** Lines before it are known though they are not in `seen`. */
  readonly oldest: bigint;
  /** From when to ask: RFC 3339 in whole seconds, for that is all the API server passes on. */
  readonly since: string | undefined;
  /** Lines that will come again, and how often each. */
  readonly seen: ReadonlyMap<string, number>;
}

/** The time before a line; `null` where a line has none. */
export function timeOf(line: Buffer): bigint | null {
  return stampNanos(line.toString('latin1', 0, STAMP_BYTES));
}

/** Cuts off what a crash left of a line, and says how long the file is then. */
export async function cutHalfLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - CHUNK);
    const at = (await readAt(file, start, end - start)).lastIndexOf(NEWLINE);
    if (at !== -1 || start === 0) {
      const whole = at === -1 ? 0 : start + at + 1;
      if (whole !== size) await file.truncate(whole);
      return whole;
    }
    end = start;
  }
  return size;
}

/** Reads the position off the end of a log whose last line is whole. */
export async function readPosition(file: FileHandle, size: number): Promise<Position> {
  let start = size;
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const lines = wholeLines(bytes, start === 0);
    const enough = start === 0 || size - start >= WINDOW || reachesBack(lines);
    if (enough) return positionAfter(lines, start > 0);
    const length = Math.min(Math.max(CHUNK, bytes.length), start);
    start -= length;
    bytes = Buffer.concat([await readAt(file, start, length), bytes]);
  }
}

/** @param partial there were lines before these */
export function positionAfter(lines: readonly Buffer[], partial: boolean): Position {
  const times = lines.map(timeOf).filter((time) => time !== null);
  const last = times.at(-1);
  if (last === undefined) return { newest: null, oldest: 0n, since: undefined, seen: new Map() };
  const from = (last / SECOND) * SECOND;
  const seen = new Map<string, number>();
  for (const line of lines) {
    const time = timeOf(line);
    if (time === null || time < from) continue;
    const key = keyOf(line);
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  const first = times.reduce((least, time) => (time < least ? time : least));
  const since = new Date(Number(from / 1_000_000n)).toISOString().replace('.000Z', 'Z');
  return {
    newest: times.reduce((most, time) => (time > most ? time : most)),
    oldest: partial ? first : 0n,
    since,
    seen,
  };
}

/** Tells lines that are new from those that were read before. */
export interface Sieve {
  isNew(line: Buffer): boolean;
  /** Whether a line came again. */
  readonly met: boolean;
  /** Whether all that comes is new. */
  readonly isPassed: boolean;
}

/**
 * A log is not quite in the order of its times (two streams are written into it), so lines are known again by
 * themselves and not by their time alone.
 */
export function createSieve({ newest, oldest, seen }: Position): Sieve {
  const left = new Map(seen);
  let met = false;
  let passed = newest === null;
  // What has no time belongs to the line before it: the node cut a long line, or complained.
  let lastWasNew = newest === null;
  const judge = (line: Buffer): boolean => {
    const time = timeOf(line);
    if (time === null || newest === null) return lastWasNew;
    if (time > newest + SECOND) {
      passed = true;
      left.clear();
      return true;
    }
    const key = keyOf(line);
    const count = left.get(key) ?? 0;
    if (count > 0) left.set(key, count - 1);
    if (count > 0 || time < oldest) {
      met = true;
      return false;
    }
    return true;
  };
  return {
    isNew: (line) => {
      if (!passed) lastWasNew = judge(line);
      return passed || lastWasNew;
    },
    get met() {
      return met;
    },
    get isPassed() {
      return passed;
    },
  };
}

function keyOf(line: Buffer): string {
  return hash('sha1', line, 'base64');
}

/** Whether two seconds are in view: as far as two streams of one container can be out of order. */
function reachesBack(lines: readonly Buffer[]): boolean {
  const last = lines.findLast((line) => timeOf(line) !== null);
  const first = lines.find((line) => timeOf(line) !== null);
  if (first === undefined || last === undefined) return false;
  return (timeOf(first) ?? 0n) < ((timeOf(last) ?? 0n) / SECOND) * SECOND - SECOND;
}

/** The lines of the end of a file; the first one counts only where it begins the file. */
function wholeLines(bytes: Buffer, fromStart: boolean): readonly Buffer[] {
  const lines: Buffer[] = [];
  let start = fromStart ? 0 : bytes.indexOf(NEWLINE) + 1;
  for (let at = bytes.indexOf(NEWLINE, start); at !== -1; at = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return lines;
}

async function readAt(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, start);
  return bytes.subarray(0, bytesRead);
}
