import { plainText } from './plain-text.ts';

/** Cuts chunks into lines at newline and carriage return; progress uses the latter. */
export function lineSplitter(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const parts = `${rest}${chunk.toString('utf8')}`.split(/[\r\n]+/);
    rest = (parts.pop() ?? '').slice(-4096);
    for (const part of parts) {
      const line = plainText(part).trim();
      if (line !== '') onLine(line);
    }
  };
}

/** Lets at most one line a second through. */
export function onceASecond(
  onLine: ((line: string) => void) | undefined,
  now: () => number = () => performance.now(),
): ((line: string) => void) | undefined {
  if (onLine === undefined) return undefined;
  let last = -Infinity;
  return (line) => {
    const time = now();
    if (time - last < 1_000) return;
    last = time;
    onLine(line);
  };
}
