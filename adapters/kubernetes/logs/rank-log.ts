import { mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MARKS } from './marks.ts';
import { cutHalfLine, positionAfter, readPosition } from './position.ts';
import type { Position } from './position.ts';

/** Bytes after which what was read is written at once. */
const BATCH = 256 * 1024;
/** Otherwise it is written so long after it came, milliseconds. */
const DELAY_MS = 500;
/** Of a log beyond its cap. */
const TAIL_LINES = 200;
const TAIL_BYTES = 256 * 1024;
const END = Buffer.from('\n');

/** The file of one rank. At most one of it may be open for a file. Methods throw Node's errors of files. */
export interface RankLog {
  /** Opens the file, mends its end, and says how far the log has been read. */
  open(): Promise<Position>;
  /** Takes a line; `true` = wait for {@link RankLog.flush} before the next. */
  add(line: Buffer): boolean;
  /** A line of Trainyard's own. */
  mark(text: string): void;
  /** Resolves when all that was taken is in the file. */
  flush(): Promise<void>;
  /** Whether something waits to be written. */
  readonly pending: boolean;
  /** Nothing more will come: what is left of a log beyond its cap is written. */
  end(): void;
  /**
   * Writes what was taken and closes the file; {@link RankLog.open} goes on from here. After a write that failed, it
   * goes on from what is in the file: the lines will come again.
   */
  close(): Promise<void>;
}

/** @param cap bytes of the file; a last line may go beyond it */
export function createRankLog(path: string, cap: number): RankLog {
  return new CappedLog(path, cap);
}

class CappedLog implements RankLog {
  readonly #path: string;
  readonly #cap: number;
  #file: FileHandle | null = null;
  #size = 0;
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  /** Of a write; how much of it is in the file is not known. */
  #failure: unknown = null;
  #timer: NodeJS.Timeout | undefined;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #leftOut = 0;

  constructor(path: string, cap: number) {
    this.#path = path;
    this.#cap = cap;
  }

  async open(): Promise<Position> {
    if (this.#file === null) {
      await mkdir(dirname(this.#path), { recursive: true });
      this.#file = await open(this.#path, 'a+');
    }
    this.#failure = null;
    const size = await cutHalfLine(this.#file);
    this.#size = size + this.#batchBytes;
    // Lines that are kept back were read after everything in the file.
    if (this.#tail.length > 0) return positionAfter(this.#tail, true);
    return await readPosition(this.#file, size);
  }

  get pending(): boolean {
    return this.#batch.length > 0;
  }

  add(line: Buffer): boolean {
    if (this.#size >= this.#cap) {
      this.#keepBack(line);
      return false;
    }
    this.#take(line);
    if (this.#size >= this.#cap) this.mark(MARKS.cap(this.#cap));
    return this.#batchBytes >= BATCH;
  }

  mark(text: string): void {
    this.#take(Buffer.from(text));
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    await this.#writing;
  }

  end(): void {
    if (this.#tail.length === 0) return;
    if (this.#leftOut > 0) this.mark(MARKS.leftOut(this.#leftOut));
    for (const line of this.#tail) this.#take(line);
    this.#tail = [];
    this.#tailBytes = 0;
    this.#leftOut = 0;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      const file = this.#file;
      this.#file = null;
      await file?.close();
    }
  }

  #take(line: Buffer): void {
    this.#batch.push(line, END);
    this.#batchBytes += line.length + 1;
    this.#size += line.length + 1;
    this.#timer ??= setTimeout(() => {
      // Whoever flushes next is told of a failure.
      this.flush().catch(() => undefined);
    }, DELAY_MS).unref();
  }

  #keepBack(line: Buffer): void {
    this.#tail.push(line);
    this.#tailBytes += line.length;
    while (this.#tail.length > TAIL_LINES || (this.#tailBytes > TAIL_BYTES && this.#tail.length > 1)) {
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
      this.#leftOut += 1;
    }
  }

  async #write(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    // Marks may come while it is closed; they wait.
    if (this.#file === null || this.#batch.length === 0) return;
    const batch = Buffer.concat(this.#batch);
    this.#batch = [];
    this.#batchBytes = 0;
    try {
      await this.#file.appendFile(batch);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
