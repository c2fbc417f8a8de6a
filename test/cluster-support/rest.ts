import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** How the API server is reached, and as whom: contents of PEM files, or a token. */
export interface RestOptions {
  readonly server: string;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export const MERGE_PATCH = 'application/merge-patch+json';
/** Merges conditions by their type, as kubelets do. */
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

/** The API server, or a kubelet behind it, refused. */
export class RestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A plain client of an API server for tests; it shares no line with the product's own. */
export class Rest {
  readonly server: string;
  readonly #agent: Agent;
  readonly #token: string | null;

  constructor({ server, ca, cert, key, token }: RestOptions) {
    this.server = server;
    this.#token = token ?? null;
    const identity = cert === undefined || key === undefined ? {} : { cert, key };
    this.#agent = new Agent({ keepAlive: true, ca, ...identity });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Any answer is an answer; throws only when there is none. */
  async send(method: Method, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
    const response = await this.#open(method, path, body, type);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    return { status: response.statusCode ?? 0, body: parse(text) };
  }

  /** The body of a good answer. Throws `RestError` for every other. */
  async want<T = unknown>(method: Method, path: string, body?: unknown, type?: string): Promise<T> {
    const answer = await this.send(method, path, body, type);
    if (answer.status < 300) return answer.body as T;
    throw new RestError(answer.status, `${method} ${path}: ${answer.status} ${messageOf(answer.body)}`);
  }

  /** The lines of an answer as they come, until the server closes it or `signal` does. */
  async *lines(path: string, signal?: AbortSignal): AsyncGenerator<string> {
    const response = await this.#open('GET', path, undefined, '', signal);
    let rest = '';
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = (rest + (chunk as string)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if ((response.statusCode ?? 0) >= 300) throw new RestError(response.statusCode ?? 0, rest);
    if (rest !== '') yield rest;
  }

  #open(method: Method, path: string, body: unknown, type: string, signal?: AbortSignal): Promise<IncomingMessage> {
    const data = body === undefined ? null : JSON.stringify(body);
    const headers = {
      accept: 'application/json',
      ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(data === null ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(data) }),
    };
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, method, headers, ...(signal === undefined ? {} : { signal }) };
      const sent = request(new URL(path, this.server), options, resolve);
      sent.once('error', reject);
      sent.end(data ?? undefined);
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function messageOf(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  return typeof body === 'string' ? body.trim() : '';
}

interface Listed {
  readonly metadata: { readonly uid: string };
}

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/**
 * Shows every object of a collection as it is, and each change, for as long as `signal` lets it; `gone` objects are
 * shown a last time. Lists anew whenever the watch ends.
 * @param path of the collection, with its query if it has one
 */
export async function follow<T extends Listed>(
  rest: Rest,
  path: string,
  see: (object: T, gone: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const known = new Map<string, T>();
  const joint = path.includes('?') ? '&' : '?';
  const show = (object: T, gone: boolean) => {
    if (gone) known.delete(object.metadata.uid);
    else known.set(object.metadata.uid, object);
    see(object, gone);
  };
  while (!signal.aborted) {
    try {
      const list = await rest.want<{ items: T[]; metadata: { resourceVersion: string } }>('GET', path);
      const present = new Set(list.items.map(({ metadata }) => metadata.uid));
      for (const [uid, object] of known) if (!present.has(uid)) show(object, true);
      for (const object of list.items) show(object, false);
      const query = `watch=1&timeoutSeconds=240&resourceVersion=${list.metadata.resourceVersion}`;
      for await (const line of rest.lines(`${path}${joint}${query}`, signal)) {
        const event = JSON.parse(line) as WatchEvent<T>;
        if (event.type === 'ERROR') break;
        if (event.type !== 'BOOKMARK') show(event.object, event.type === 'DELETED');
      }
    } catch {
      // The API server may be down for a while; what is running goes on.
      await delay(500);
    }
  }
}
