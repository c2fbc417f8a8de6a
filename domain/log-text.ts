/** Beginning of a line in a log of a cluster: the time a node put before it, RFC 3339 to the nanosecond, and a blank. */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)(?: |$)/;
const MAX_LINE = 500;

export interface StampedLine {
  /** RFC 3339, as it stands before the line. */
  readonly at: string;
  readonly text: string;
}

/** A line apart from the time before it; `null` where none stands there, as in logs of this machine. */
export function splitStamp(line: string): StampedLine | null {
  const found = STAMP.exec(line);
  if (found === null) return null;
  return { at: found[0].trimEnd(), text: line.slice(found[0].length) };
}

/** Nanoseconds since 1970 of a line's time, whatever its zone; `null` where there is none. */
export function stampNanos(line: string): bigint | null {
  const found = STAMP.exec(line);
  if (found === null) return null;
  const millis = Date.parse(`${found[1]}${found[3]}`);
  if (Number.isNaN(millis)) return null;
  return BigInt(millis) * 1_000_000n + BigInt((found[2] ?? '').padEnd(9, '0'));
}

/**
 * Lines as a person saw them, without control characters and empty lines. A progress bar rewrites its line with
 * carriage returns: what it wrote last counts.
 */
export function cleanLines(text: string): readonly string[] {
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
