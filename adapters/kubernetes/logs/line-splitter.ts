/** Bytes of a line that are kept. */
export const LONGEST_LINE = 64 * 1024;
const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines. Bytes stay bytes: no character is broken, and what is no text does no harm. */
export interface LineSplitter {
  /** The lines that ended in this chunk, without their ends. */
  push(chunk: Uint8Array): readonly Buffer[];
  /** What stands after the last line's end; `null` = nothing. */
  rest(): Buffer | null;
}

/** @param longest bytes after which a line is cut; the same line is always cut in the same way */
export function createLineSplitter(longest = LONGEST_LINE): LineSplitter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let left = 0;

  const hold = (piece: Buffer): void => {
    const room = Math.min(piece.length, longest - heldBytes);
    // A copy: a small piece must not keep the large chunk it came in.
    if (room > 0) held.push(Buffer.from(piece.subarray(0, room)));
    heldBytes += room;
    left += piece.length - room;
  };
  const take = (): Buffer => {
    const line = Buffer.concat(held);
    const whole = left === 0 ? line : cut(line, left);
    held = [];
    heldBytes = 0;
    left = 0;
    return whole;
  };

  return {
    push: (chunk) => {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lines: Buffer[] = [];
      let start = 0;
      for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, start)) {
        hold(bytes.subarray(start, at));
        lines.push(take());
        start = at + 1;
      }
      hold(bytes.subarray(start));
      return lines;
    },
    rest: () => (heldBytes + left === 0 ? null : take()),
  };
}

/** Between characters, never in one. */
function cut(line: Buffer, left: number): Buffer {
  let end = line.length;
  while (end > line.length - 4 && end > 0 && ((line[end - 1] ?? 0) & 0xc0) === 0x80) end -= 1;
  if (end > 0 && (line[end - 1] ?? 0) >= 0xc0) end -= 1;
  const more = left + line.length - end;
  return Buffer.concat([line.subarray(0, end), Buffer.from(` … ${more} more bytes of this line are left out …`)]);
}
