import { createServer as createHttp } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveGit } from './backend.ts';
import { createFaults, strike } from './faults.ts';
import type { Faults } from './faults.ts';
import { serveLfs } from './lfs.ts';

/** Who may do what; `access` by repository name without `.git`, `*` for all. */
export interface ServerUser {
  readonly name: string;
  readonly token: string;
  readonly access: Readonly<Record<string, 'read' | 'write'>>;
}

/** One request as it was seen, for tests that count what moved. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly user: string | null;
  readonly authorization: string | null;
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface GitServerOptions {
  /** Folder of bare repositories `<name>.git`. */
  readonly root: string;
  readonly users?: readonly ServerUser[];
  /** Repositories anybody may read. */
  readonly open?: readonly string[];
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Origin put into LFS links instead of the server's own. */
  readonly lfsOrigin?: string;
}

export interface GitServer {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly origin: string;
  readonly faults: Faults;
  readonly seen: readonly SeenRequest[];
  forget(): void;
  url(repo: string): string;
  stop(): Promise<void>;
}

const PATH = /^\/([A-Za-z0-9._-]+?)(?:\.git)?(\/.*)$/;

/** A Git server with LFS and tokens on a free port of the loopback interface. */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const seen: SeenRequest[] = [];
  const faults = createFaults();
  const sockets = new Set<Socket>();
  let origin = '';
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response, { options, faults, seen, origin }).catch(() => response.destroy());
  };
  const server: Server = options.tls === undefined ? createHttp(onRequest) : createHttps(options.tls, onRequest);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  origin = `${options.tls === undefined ? 'http' : 'https'}://${host}`;
  return {
    host,
    origin,
    faults,
    seen,
    forget: () => void seen.splice(0),
    url: (repo) => `${origin}/${repo}.git`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Context {
  readonly options: GitServerOptions;
  readonly faults: Faults;
  readonly seen: SeenRequest[];
  readonly origin: string;
}

async function handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '/', 'http://local');
  const query = search.slice(1);
  const user = userOf(request, context.options.users ?? []);
  record(request, response, context.seen, { path: pathname, query, user: user?.name ?? null });
  const fault = context.faults.next(`${request.method ?? ''} ${request.url ?? ''}`);
  if (fault !== null && strike(fault, request, response)) return;
  if (fault?.kind === 'delay') await sleep(fault.ms);
  if (fault?.kind === 'drop-reply') withoutReply(response);
  const match = PATH.exec(pathname);
  if (match === null) return refuse(request, response, 404);
  const [, repo = '', rest = ''] = match;
  const isPush = rest.endsWith('/git-receive-pack') || query.includes('service=git-receive-pack');
  const may = user?.access[repo] ?? user?.access['*'] ?? null;
  const isOpen = context.options.open?.includes(repo) === true;
  if (user === null && (!isOpen || isPush)) return refuse(request, response, 401);
  if (user !== null && may === null && !isOpen) return refuse(request, response, 404);
  if (isPush && may !== 'write') return refuse(request, response, 403);
  const lfs = /^\/info\/lfs\/(.*)$/.exec(rest)?.[1];
  if (lfs !== undefined) {
    const base = `${context.options.lfsOrigin ?? context.origin}/${repo}.git/info/lfs`;
    const gitDir = join(context.options.root, `${repo}.git`);
    return await serveLfs(request, response, { gitDir, base, rest: lfs, mayWrite: may === 'write' });
  }
  await serveGit(request, response, {
    root: context.options.root,
    path: `/${repo}.git${rest}`,
    query,
    user: user?.name ?? null,
  });
}

function userOf(request: IncomingMessage, users: readonly ServerUser[]): ServerUser | null {
  const match = /^Basic (.+)$/.exec(request.headers.authorization ?? '');
  if (match === null) return null;
  const [name = '', ...rest] = Buffer.from(match[1] ?? '', 'base64')
    .toString('utf8')
    .split(':');
  return users.find((user) => user.name === name && user.token === rest.join(':')) ?? null;
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  request.resume();
  const headers = status === 401 ? { 'www-authenticate': 'Basic realm="git"' } : {};
  response.writeHead(status, headers).end(`${status}\n`);
}

function record(
  request: IncomingMessage,
  response: ServerResponse,
  seen: SeenRequest[],
  what: { readonly path: string; readonly query: string; readonly user: string | null },
): void {
  const { socket } = request;
  // Counted at the socket: listening to the request would take the body away from whoever reads it later.
  const before = { read: socket.bytesRead, written: socket.bytesWritten };
  response.on('close', () => {
    const { statusCode: status } = response;
    const authorization = request.headers.authorization ?? null;
    const bytesIn = Number(request.headers['content-length'] ?? socket.bytesRead - before.read);
    const bytesOut = socket.bytesWritten - before.written;
    seen.push({ method: request.method ?? '', ...what, authorization, status, bytesIn, bytesOut });
  });
}

/** The work is done as ever; what would be answered is thrown away with the connection. */
function withoutReply(response: ServerResponse): void {
  response.write = () => true;
  response.writeHead = () => response;
  response.end = () => response.destroy();
}
