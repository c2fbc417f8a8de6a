import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One connection of a client, as the server sees it. */
export interface ServedChannels {
  readonly url: URL;
  send(channel: number, bytes: string | Uint8Array): void;
  /** What came on the channels, whole messages. */
  readonly got: { readonly channel: number; readonly bytes: Buffer }[];
  onMessage(listener: (channel: number, bytes: Buffer) => void): void;
  /** Closes with a word, or with `abrupt` without one. */
  close(how?: 'abrupt'): void;
}

/** A stand-in for what an API server is behind `exec` and `portforward`: it speaks channels and knows no pods. */
export interface ChannelServer {
  /** A kubeconfig that leads to it. */
  readonly kubeconfig: string;
  readonly served: ServedChannels[];
  /** Bearer tokens that came. */
  readonly tokens: (string | undefined)[];
  close(): Promise<void>;
}

const PROTOCOL = 'v5.channel.k8s.io';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * @param accept called for each connection; a status = refuse with it
 * @param answers JSON of plain requests, by path
 */
export async function startChannelServer(
  accept: (served: ServedChannels) => number | undefined | void,
  answers: Readonly<Record<string, unknown>> = {},
): Promise<ChannelServer> {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-channels-'));
  const served: ServedChannels[] = [];
  const tokens: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://server');
    if (!Object.hasOwn(answers, pathname)) return response.writeHead(404).end();
    return response.writeHead(200).end(JSON.stringify(answers[pathname]));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    tokens.push(request.headers.authorization);
    const said: Buffer[] = [];
    const one = channelsOver(socket, new URL(request.url ?? '/', 'http://server'), said);
    const status = accept(one);
    if (typeof status === 'number') {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    served.push(one);
    socket.write(handshake(request));
    for (const frame of said.splice(0)) socket.write(frame);
    one.opened();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(folder, 'config');
  writeFileSync(kubeconfig, kubeconfigFor(`http://127.0.0.1:${port}`), { mode: 0o600 });
  return {
    kubeconfig,
    served,
    tokens,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function handshake({ headers }: IncomingMessage): string {
  const key = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64');
  const offered = headers['sec-websocket-protocol']?.split(/, ?/) ?? [];
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${key}`,
    ...(offered.includes(PROTOCOL) ? [`Sec-WebSocket-Protocol: ${PROTOCOL}`] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function channelsOver(socket: Socket, url: URL, early: Buffer[]): ServedChannels & { opened(): void } {
  const got: { channel: number; bytes: Buffer }[] = [];
  const listeners: ((channel: number, bytes: Buffer) => void)[] = [];
  let open = false;
  let rest = Buffer.alloc(0);
  const write = (frame: Buffer): void => {
    if (open) socket.write(frame);
    else early.push(frame);
  };
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let frame = takeFrame(rest); frame !== null; frame = takeFrame(rest)) {
      rest = rest.subarray(frame.size);
      if (frame.code === CLOSE) socket.end(frameOf(CLOSE, Buffer.alloc(0)));
      if (frame.code !== BINARY) continue;
      const message = { channel: frame.payload[0] ?? -1, bytes: frame.payload.subarray(1) };
      got.push(message);
      for (const listener of listeners) listener(message.channel, message.bytes);
    }
  });
  return {
    url,
    got,
    opened: () => {
      open = true;
    },
    send: (channel, bytes) => write(frameOf(BINARY, Buffer.concat([Buffer.of(channel), Buffer.from(bytes)]))),
    onMessage: (listener) => void listeners.push(listener),
    close: (how) => {
      if (how === 'abrupt') socket.destroy();
      else write(frameOf(CLOSE, Buffer.alloc(0)));
    },
  };
}

const BINARY = 2;
const CLOSE = 8;

/** A frame of RFC 6455 as a server sends it: not masked. */
function frameOf(code: number, payload: Buffer): Buffer {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 10 : 2);
  head[0] = 0x80 | code;
  head[1] = long ? 127 : payload.length;
  if (long) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** The first frame of what came, unmasked; `null` = not whole yet. Clients here send no fragments. */
function takeFrame(data: Buffer): { code: number; payload: Buffer; size: number } | null {
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

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: 'cluster-token' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  });
}
