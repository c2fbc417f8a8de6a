import { spawn } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import {
  agreedProtocol,
  BINARY,
  CLOSE,
  closing,
  handshake,
  messageOf,
  readFrames,
} from '../../support/channel-frames.ts';
import type { PodRun } from './pod-run.ts';

/**
 * By this a node tells the API server that it speaks WebSockets itself; to others the API server speaks SPDY where it
 * knows how to translate.
 */
export const SPEAKS_WEBSOCKETS = 'ExtendWebSocketsToKubelet';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const END = 255;
const DATA = 0;
const ERROR = 1;

/** Answers `GET /exec/<namespace>/<pod>/<container>` and `GET /portForward/<namespace>/<pod>` over a WebSocket. */
export async function serveStream(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  pods: Iterable<PodRun>,
): Promise<void> {
  socket.on('error', () => undefined);
  if (head.length > 0) socket.unshift(head);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://node');
  const [, what = '', namespace, name, container] =
    /^\/(exec|portForward)\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
  const pod = [...pods].find(({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name);
  if (pod === undefined) return refuse(socket, 404, 'pod does not exist');
  if (what === 'portForward') return forward(request, socket, Number(searchParams.get('port')));
  const run = pod.containers.find((one) => one.container.name === container);
  const inside = await run?.inside();
  if (inside === undefined || inside === null) return refuse(socket, 404, `container not found ("${container ?? ''}")`);
  if (searchParams.get('tty') === '1') return refuse(socket, 400, 'this node has no terminals');
  return execute(request, socket, [...inside, ...searchParams.getAll('command')], searchParams);
}

function refuse(socket: Socket, status: number, text: string): void {
  const head = `HTTP/1.1 ${status} No\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${text}`);
}

/** Runs a command: input and outputs that were asked for on channels of their own, its end as a Status. */
function execute(request: IncomingMessage, socket: Socket, argv: readonly string[], query: URLSearchParams): void {
  const protocol = agreedProtocol(request, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  if (protocol === null) return refuse(socket, 403, 'none of these protocols is spoken here');
  socket.write(handshake(request, protocol));
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: 'pipe' });
  const asked = (name: string): boolean => query.get(name) === '1';
  const show = (output: NodeJS.ReadableStream, channel: number) =>
    output.on('data', (bytes: Buffer) => {
      if (socket.write(messageOf(channel, bytes))) return;
      output.pause();
      socket.once('drain', () => output.resume());
    });
  if (asked('output')) show(child.stdout, STDOUT);
  else child.stdout.resume();
  if (asked('error')) show(child.stderr, STDERR);
  else child.stderr.resume();
  child.stdin.on('error', () => undefined);
  if (!asked('input')) child.stdin.end();
  readFrames(socket, ({ code, payload }) => {
    const [channel, ended] = payload;
    if (code === CLOSE) socket.end(closing());
    if (code !== BINARY) return;
    if (channel === STDIN && asked('input')) child.stdin.write(payload.subarray(1));
    if (channel === END && ended === STDIN && protocol.startsWith('v5.')) child.stdin.end();
  });
  socket.once('close', () => child.stdin.end());
  child.once('close', (status, signal) => {
    socket.write(messageOf(STATUS, JSON.stringify(statusOf(signal === null ? (status ?? 128) : 137))));
    socket.end(closing());
  });
}

function statusOf(code: number): object {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

/** Carries one port of a pod; all pods of this node answer on 127.0.0.1. */
function forward(request: IncomingMessage, socket: Socket, port: number): void {
  const protocol = agreedProtocol(request, ['v4.channel.k8s.io']);
  if (protocol === null || !(port > 0)) return refuse(socket, 400, 'a port and the protocol v4.channel.k8s.io');
  socket.write(handshake(request, protocol));
  const preface = Buffer.alloc(2);
  preface.writeUInt16LE(port);
  for (const channel of [DATA, ERROR]) socket.write(messageOf(channel, preface));
  const inside = connect(port, '127.0.0.1');
  inside.on('data', (bytes: Buffer) => {
    if (socket.write(messageOf(DATA, bytes))) return;
    inside.pause();
    socket.once('drain', () => inside.resume());
  });
  inside.once('error', (error) => socket.write(messageOf(ERROR, `error forwarding port ${port}: ${error.message}`)));
  inside.once('close', () => socket.end(closing()));
  readFrames(socket, ({ code, payload }) => {
    if (code === CLOSE) socket.end(closing());
    if (code !== BINARY || payload[0] !== DATA) return;
    if (inside.write(payload.subarray(1))) return;
    socket.pause();
    inside.once('drain', () => socket.resume());
  });
  socket.once('close', () => inside.destroy());
}
