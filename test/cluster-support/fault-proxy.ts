import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as send } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from './certificates.ts';
import type { ClusterFacts } from './cluster.ts';
import { writeKubeconfig } from './kubeconfig.ts';

type Fault =
  | { readonly kind: 'refuse'; readonly retryAfterSeconds: number }
  /** Takes requests and never answers. */
  | { readonly kind: 'silent' }
  /** Breaks the connection of such requests, which come to nothing. */
  | { readonly kind: 'drop-requests'; readonly of: RegExp }
  /** Lets requests through and breaks the connection instead of giving the answer; with `once`, to the first of each. */
  | { readonly kind: 'drop-replies'; readonly of: RegExp; readonly once?: boolean };

/** A way to the API server, as its administrator, that can go wrong. */
export interface FaultProxy {
  /** A kubeconfig that leads here. */
  readonly kubeconfig: string;
  /** `<method> <path>` of each request, in order. */
  readonly asked: readonly string[];
  /** `null` = none. */
  fault(fault: Fault | null): void;
  /** Cuts every connection there is, watches included. */
  cut(): void;
  /** Goes away: connections are refused. */
  close(): Promise<void>;
}

export async function startFaultProxy(cluster: ClusterFacts): Promise<FaultProxy> {
  const read = (file: string): string => readFileSync(file, 'utf8');
  const { cert, key } = cluster.admin;
  const agent = new Agent({ keepAlive: false, ca: read(cluster.caFile), cert: read(cert), key: read(key) });
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  const dropped = new Set<string>();
  let now: Fault | null = null;
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-proxy-'));
  const authority = new Authority(folder);
  const own = authority.issue('proxy', 'proxy', 'trainyard-tests', 'IP:127.0.0.1');
  const server = createServer({ cert: read(own.cert), key: read(own.key) }, (request, response) => {
    const what = `${request.method ?? ''} ${request.url ?? ''}`;
    asked.push(what);
    if (now?.kind === 'silent') return void request.resume();
    if (now?.kind === 'drop-requests' && now.of.test(what)) return void request.socket.destroy();
    if (now?.kind === 'refuse') return refuse(request, response, now.retryAfterSeconds);
    const drops = now?.kind === 'drop-replies' && now.of.test(what) && !(now.once === true && dropped.has(what));
    if (drops) dropped.add(what);
    forward(cluster.server, agent, request, response, drops);
  });
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    kubeconfig: writeKubeconfig(
      join(folder, 'kubeconfig'),
      { server: `https://127.0.0.1:${port}`, caFile: authority.ca.cert },
      { token: 'none-is-needed' },
    ),
    asked,
    fault(fault) {
      now = fault;
    },
    cut,
    async close() {
      cut();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function refuse(request: IncomingMessage, response: ServerResponse, seconds: number): void {
  request.resume();
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'TooManyRequests', code: 429 };
  response.writeHead(429, { 'retry-after': String(seconds), 'content-type': 'application/json' });
  response.end(JSON.stringify({ ...status, message: 'too many requests, please try again later' }));
}

function forward(target: string, agent: Agent, from: IncomingMessage, to: ServerResponse, drops: boolean): void {
  const { host: _host, connection: _connection, authorization: _token, ...headers } = from.headers;
  const onward = send(new URL(from.url ?? '/', target), { agent, method: from.method, headers }, (answer) => {
    if (drops) {
      answer.resume();
      answer.once('end', () => from.socket.destroy());
      return;
    }
    to.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(to);
    answer.once('error', () => to.destroy());
  });
  onward.once('error', () => to.destroy());
  to.once('close', () => onward.destroy());
  from.pipe(onward);
}
