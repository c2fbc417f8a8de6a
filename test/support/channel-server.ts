import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agreedProtocol, BINARY, CLOSE, closing, handshake, messageOf, readFrames } from './channel-frames.ts';

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
    socket.write(handshake(request, agreedProtocol(request, [PROTOCOL])));
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

function channelsOver(socket: Socket, url: URL, early: Buffer[]): ServedChannels & { opened(): void } {
  const got: { channel: number; bytes: Buffer }[] = [];
  const listeners: ((channel: number, bytes: Buffer) => void)[] = [];
  let open = false;
  const write = (frame: Buffer): void => {
    if (open) socket.write(frame);
    else early.push(frame);
  };
  readFrames(socket, ({ code, payload }) => {
    if (code === CLOSE) socket.end(closing());
    if (code !== BINARY) return;
    const message = { channel: payload[0] ?? -1, bytes: payload.subarray(1) };
    got.push(message);
    for (const listener of listeners) listener(message.channel, message.bytes);
  });
  return {
    url,
    got,
    opened: () => {
      open = true;
    },
    send: (channel, bytes) => write(messageOf(channel, bytes)),
    onMessage: (listener) => void listeners.push(listener),
    close: (how) => {
      if (how === 'abrupt') socket.destroy();
      else write(closing());
    },
  };
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
