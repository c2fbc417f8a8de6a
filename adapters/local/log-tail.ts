import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { cleanLines } from '../../domain/log-text.ts';

const MAX_BYTES = 16 * 1024;

/** The last lines of a log, at most `count`, without control characters and empty lines. Empty when it cannot be read. */
export function lastLines(path: string, count = 20): readonly string[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(file);
    const length = Math.min(size, MAX_BYTES);
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, size - length);
    return cleanLines(bytes.toString('utf8')).slice(-count);
  } finally {
    closeSync(file);
  }
}
