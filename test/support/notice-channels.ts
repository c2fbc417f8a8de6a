import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileCredentials } from '../../adapters/credentials/file-credentials.ts';
import type { ChannelBasics, ChatSettings, WebhookSettings } from '../../domain/notices/channel.ts';
import { NOTICE_EVENTS } from '../../domain/notice.ts';
import type { Credentials } from '../../ports/credentials.ts';

/** A request as the other side saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Says nothing and hangs up. */
  readonly hangUp?: boolean;
}

/** A receiver on this machine that answers as it is told. */
export interface Receiver {
  readonly host: string;
  readonly seen: Seen[];
  url(path: string): string;
  answer(next: (seen: Seen, count: number) => Reply): void;
  stop(): Promise<void>;
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const seen: Seen[] = [];
  let reply: (seen: Seen, count: number) => Reply = () => ({ body: 'ok' });
  const server: Server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const one = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body,
      };
      seen.push(one);
      send(request, response, reply(one, seen.length));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    seen,
    url: (path) => `http://${host}${path}`,
    answer: (next) => {
      reply = next;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (reply.hangUp === true) {
    request.socket.destroy();
    return;
  }
  response.writeHead(reply.status ?? 200, reply.headers);
  response.end(reply.body ?? '');
}

async function readAll(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** Credentials in a folder of their own. */
export function tempCredentials(): { readonly credentials: Credentials; readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-secrets-'));
  return {
    folder,
    credentials: createFileCredentials({ folder }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

function basics(name: string): ChannelBasics {
  return {
    name,
    language: 'en',
    minSpacingSeconds: 0,
    filter: {
      events: NOTICE_EVENTS,
      projects: null,
      templates: null,
      branches: null,
      onlyFailures: false,
      onlyChanges: false,
    },
  };
}

export function webhookSettings(url: string, changes: Partial<WebhookSettings> = {}): WebhookSettings {
  return { ...basics('hook'), kind: 'webhook', url, credential: 'hook', plainHttp: false, ...changes };
}

export function chatSettings(kind: ChatSettings['kind'], changes: Partial<ChatSettings> = {}): ChatSettings {
  return { ...basics(kind), kind, credential: 'robot', signing: null, plainHttp: false, ...changes };
}

export const channelBasics = basics;
