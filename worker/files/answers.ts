import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes of a growing file in one answer; the client asks on. */
const PART = 4 * 1024 * 1024;
const POLL_MS = 250;

const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  response.writeHead(status, { ...ALWAYS, ...headers }).end(body);
}

/** The same words for all that is not there, so that nobody learns what is. */
export function answerNotFound(response: ServerResponse): void {
  answerJson(response, 404, { error: 'not found' });
}

/** What of a growing file is asked for. */
export interface PartWish {
  readonly offset: number;
  /** Milliseconds to wait for a byte behind the offset. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/**
 * What a file has gained behind an offset. `trainyard-offset` says where the bytes begin: at 0 for a file that has been
 * written anew and is shorter than what was asked for.
 */
export async function answerPart(response: ServerResponse, file: FileHandle, wish: PartWish): Promise<void> {
  const end = performance.now() + wish.waitMs;
  let { size, ino } = await file.stat();
  while (size === wish.offset && performance.now() < end && !wish.signal.aborted) {
    await sleep(POLL_MS, undefined, { signal: wish.signal }).catch(() => undefined);
    ({ size, ino } = await file.stat());
  }
  const start = size < wish.offset ? 0 : wish.offset;
  const bytes = Buffer.alloc(Math.min(PART, size - start));
  const { bytesRead } = bytes.length === 0 ? { bytesRead: 0 } : await file.read(bytes, 0, bytes.length, start);
  response
    .writeHead(200, {
      ...ALWAYS,
      'content-type': 'text/plain; charset=utf-8',
      'content-length': bytesRead,
      'trainyard-offset': start,
      'trainyard-size': size,
      etag: `"${ino.toString(16)}-${size.toString(16)}"`,
    })
    .end(bytes.subarray(0, bytesRead));
}

/** A whole file, as large as it was when it was asked for. */
export async function answerWhole(response: ServerResponse, file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  response.writeHead(200, {
    ...ALWAYS,
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment',
    'content-length': size,
  });
  if (size === 0) {
    response.end();
    return;
  }
  await pipeline(file.createReadStream({ start: 0, end: size - 1, autoClose: false }), response);
}
