import type { Streams } from '../context.ts';

/** Draws a block of lines again and again at the same place of a terminal. */
export interface Screen {
  draw(lines: readonly string[]): void;
  /** Removes the block, so that what follows stands where it began. */
  clear(): void;
}

const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[0J';
const CLEAR_LINE_END = '\u001b[K';

export function createScreen(stream: Streams['stderr'], rows: () => number): Screen {
  let drawn = 0;
  const home = (): string => (drawn === 0 ? '\r' : `\u001b[${drawn}A\r`);
  return {
    draw: (lines) => {
      // What is higher than the terminal cannot be drawn over: keep the end, where things happen.
      const shown = lines.slice(-Math.max(1, rows() - 1));
      const text = shown.map((line) => `${line}${CLEAR_LINE_END}\n`).join('');
      stream.write(`${HIDE}${home()}${text}${CLEAR_BELOW}${SHOW}`);
      drawn = shown.length;
    },
    clear: () => {
      stream.write(`${home()}${CLEAR_BELOW}`);
      drawn = 0;
    },
  };
}
