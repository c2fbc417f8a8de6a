import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** Length of a timestamp of fixed width, `2026-01-02T03:04:05.000000006Z`, and the space after it. */
export const STAMP_LENGTH = 31;

let last = 0n;
const offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

/** The time with nanoseconds; no two are alike, as on a real node they hardly ever are. */
function stamp(): string {
  const now = process.hrtime.bigint() + offset;
  last = now > last ? now : last + 1n;
  const seconds = new Date(Number(last / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(last % 1_000_000_000n).padStart(9, '0')}Z`;
}

const NEWLINE = 10;

/** The log of one start of a container: each line of its outputs with the time at which it ended. */
export class LogFile {
  readonly path: string;
  readonly #file: WriteStream;
  readonly #rest = new Map<Readable, Buffer>();

  constructor(path: string) {
    this.path = path;
    this.#file = createWriteStream(path, { flags: 'a' });
  }

  follow(output: Readable): void {
    output.on('data', (chunk: Buffer) => {
      let data = Buffer.concat([this.#rest.get(output) ?? Buffer.alloc(0), chunk]);
      for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE)) {
        this.#line(data.subarray(0, end));
        data = data.subarray(end + 1);
      }
      this.#rest.set(output, data);
    });
  }

  /** Writes what had no newline, and resolves when all is in the file. */
  close(): Promise<void> {
    for (const rest of this.#rest.values()) if (rest.length > 0) this.#line(rest);
    return new Promise((resolve) => this.#file.end(() => resolve()));
  }

  #line(text: Buffer): void {
    this.#file.write(Buffer.concat([Buffer.from(`${stamp()} `), text, Buffer.from('\n')]));
  }
}
