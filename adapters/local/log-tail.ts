import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const MAX_BYTES = 16 * 1024;
const MAX_LINE = 500;

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
    return clean(bytes.toString('utf8')).slice(-count);
  } finally {
    closeSync(file);
  }
}

/** A progress bar rewrites its line with carriage returns: what it wrote last is what a person saw. */
function clean(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => stripControls(line.replace(/\r+$/, '').split('\r').at(-1) ?? '').slice(0, MAX_LINE))
    .filter((line) => line.trim() !== '');
}

/** Escape sequences as a whole, then every other control character but the tab. */
function stripControls(line: string): string {
  return line
    .replaceAll(/\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g, '')
    .replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, '');
}
