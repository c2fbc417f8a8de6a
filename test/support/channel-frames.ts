import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
export const BINARY = 2;
export const CLOSE = 8;

export interface Frame {
  readonly code: number;
  readonly payload: Buffer;
}

/** The first of the client's protocols that this server speaks; `null` = none. */
export function agreedProtocol({ headers }: IncomingMessage, spoken: readonly string[]): string | null {
  const offered = headers['sec-websocket-protocol']?.split(/, ?/) ?? [];
  return offered.find((one) => spoken.includes(one)) ?? null;
}

/** The answer that turns a request into a WebSocket. */
export function handshake({ headers }: IncomingMessage, protocol: string | null): string {
  const key = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64');
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${key}`,
    ...(protocol === null ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A frame of RFC 6455 as a server sends it: not masked. */
function frameOf(code: number, payload: Buffer): Buffer {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 10 : 2);
  head[0] = 0x80 | code;
  head[1] = long ? 127 : payload.length;
  if (long) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** Says that nothing is wrong and no more comes. */
export const closing = (): Buffer => frameOf(CLOSE, Buffer.from([0x03, 0xe8]));

/** A message on a channel. */
export function messageOf(channel: number, bytes: string | Uint8Array): Buffer {
  return frameOf(BINARY, Buffer.concat([Buffer.of(channel), Buffer.from(bytes)]));
}

/** Tells each frame of a client. Clients here send no fragments. */
export function readFrames(socket: Socket, onFrame: (frame: Frame) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let frame = takeFrame(rest); frame !== null; frame = takeFrame(rest)) {
      rest = rest.subarray(frame.size);
      onFrame(frame);
    }
  });
}

/** The first frame of what came, unmasked; `null` = not whole yet. */
function takeFrame(data: Buffer): (Frame & { readonly size: number }) | null {
  if (data.length < 2) return null;
  const short = (data[1] ?? 0) & 0x7f;
  const at = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (data.length < at + 4) return null;
  const length = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short;
  const size = at + 4 + length;
  if (data.length < size) return null;
  const mask = data.subarray(at, at + 4);
  const payload = Buffer.from(data.subarray(at + 4, size));
  for (let index = 0; index < payload.length; index += 1)
    payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return { code: (data[0] ?? 0) & 0x0f, payload, size };
}
