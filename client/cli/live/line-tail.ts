import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

const CHUNK = 256 * 1024;
/** A line longer than this is given in pieces. */
const LONGEST = 64 * 1024;
const NEWLINE = 0x0a;

/** Reads what a growing file has gained, line by line. A file that is not there yet has gained nothing. */
export interface LineTail {
  /** Complete lines since the last call; at most 256 KiB of them. */
  read(): Promise<readonly string[]>;
  /** The last line without its end, when nothing more will come. */
  rest(): readonly string[];
}

/** @param from byte to start at */
export function tailLines(path: string, from = 0): LineTail {
  let offset = from;
  let held: Buffer = Buffer.alloc(0);
  return {
    read: async () => {
      const gained = await readGained(path, offset);
      if (gained === null) return [];
      // A file that shrank was written anew, by another attempt.
      if (gained.restarted) held = Buffer.alloc(0);
      offset = gained.end;
      const [lines, left] = split(Buffer.concat([held, gained.bytes]));
      held = left;
      return lines;
    },
    rest: () => {
      const last = held.length > 0 ? [held.toString('utf8')] : [];
      held = Buffer.alloc(0);
      return last;
    },
  };
}

/** The last lines of a file, and the byte after them, to go on from with {@link tailLines}. */
export async function lastLines(path: string, count: number): Promise<{ lines: readonly string[]; end: number }> {
  const file = await openOptional(path);
  if (file === null) return { lines: [], end: 0 };
  try {
    const { size } = await file.stat();
    let start = size;
    let bytes: Buffer = Buffer.alloc(0);
    while (start > 0 && newlines(bytes) <= count) {
      const length = Math.min(CHUNK, start);
      start -= length;
      bytes = Buffer.concat([await readAt(file, start, length), bytes]);
    }
    const lines = bytes.toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    return { lines: count <= 0 ? [] : lines.slice(-count), end: size };
  } finally {
    await file.close();
  }
}

async function readGained(
  path: string,
  offset: number,
): Promise<{ bytes: Buffer; end: number; restarted: boolean } | null> {
  const file = await openOptional(path);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const restarted = size < offset;
    const start = restarted ? 0 : offset;
    const bytes = await readAt(file, start, Math.min(CHUNK, size - start));
    return { bytes, end: start + bytes.length, restarted };
  } finally {
    await file.close();
  }
}

async function openOptional(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}

async function readAt(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, start);
  return bytes.subarray(0, bytesRead);
}

function split(bytes: Buffer): [lines: string[], left: Buffer] {
  const lines: string[] = [];
  let start = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.toString('utf8', start, at));
    start = at + 1;
  }
  if (bytes.length - start > LONGEST) {
    lines.push(bytes.toString('utf8', start));
    start = bytes.length;
  }
  return [lines, Buffer.from(bytes.subarray(start))];
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
