import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunFiles } from '../../ports/run-files.ts';
import { answerJson, answerNotFound, answerPart, answerWhole } from './answers.ts';
import { openInside } from './open-inside.ts';
import { fileRoute } from './routes.ts';
import type { FileRoute } from './routes.ts';
import { sameToken } from './token.ts';

export interface FileServerOptions {
  /** The workspace. */
  readonly root: string;
  readonly files: Pick<RunFiles, 'readRecord' | 'logFiles' | 'usage'>;
  /** 0 = any free one. */
  readonly port: number;
  readonly token: string;
  readonly note: (text: string) => void;
}

export interface FileServer {
  readonly port: number;
  close(): Promise<void>;
}

const CONNECTIONS = 64;
const LONGEST_WAIT_S = 20;

/**
 * Gives out what runs leave, to read only, on this machine's own address: whoever is elsewhere comes through a tunnel
 * that the cluster guards. Every request needs the token.
 */
export async function serveFiles(options: FileServerOptions): Promise<FileServer> {
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000 }, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.note(`a file could not be given out: ${String(error)}`);
      if (response.headersSent) response.destroy();
      else answerJson(response, 500, { error: 'failed' });
    });
  });
  server.maxConnections = CONNECTIONS;
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function answer(options: FileServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (!sameToken(given, options.token)) {
    response.setHeader('www-authenticate', 'Bearer');
    return answerJson(response, 401, { error: 'unauthorized' });
  }
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const route = request.method === 'GET' ? fileRoute(path) : null;
  if (route === null) return answerNotFound(response);
  return route.kind === 'growing' || route.kind === 'whole'
    ? await answerFile(options, route, new URLSearchParams(query), response)
    : await answerFacts(options, route, response);
}

async function answerFacts(
  { files }: FileServerOptions,
  { kind, runId }: FileRoute,
  response: ServerResponse,
): Promise<void> {
  const record = await files.readRecord(runId);
  if (record === null) return answerNotFound(response);
  if (kind === 'record') return answerJson(response, 200, record);
  if (kind === 'usage') return answerJson(response, 200, await files.usage(runId));
  const logs = await files.logFiles(runId);
  // Where they lie on this machine is nobody's business.
  return answerJson(
    response,
    200,
    logs.map(({ job, role, rank, bytes }) => ({ job, role, rank, bytes })),
  );
}

async function answerFile(
  { root }: FileServerOptions,
  route: Extract<FileRoute, { kind: 'growing' | 'whole' }>,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const [top, ...below] = route.path;
  const offset = countIn(query, 'offset');
  const wait = countIn(query, 'wait');
  if (top === undefined || offset === null || wait === null) return answerNotFound(response);
  const file = await openInside(root, route.runId, [top, ...below]);
  if (file === null) return answerNotFound(response);
  const left = new AbortController();
  response.once('close', () => left.abort());
  try {
    if (route.kind === 'whole') return await answerWhole(response, file);
    const waitMs = Math.min(wait, LONGEST_WAIT_S) * 1000;
    return await answerPart(response, file, { offset, waitMs, signal: left.signal });
  } finally {
    await file.close();
  }
}

/** 0 where it is not said; `null` for what is no count. */
function countIn(query: URLSearchParams, name: string): number | null {
  const text = query.get(name) ?? '0';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
