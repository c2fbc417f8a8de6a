import type { KubeConfig } from '@kubernetes/client-node';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as plainRequest } from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { KubeFailure, toFailure } from './failure.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface SendOptions {
  readonly query?: Query;
  readonly body?: unknown;
  /** Of the body; left out, `application/json`. */
  readonly contentType?: string;
  /** Of the answer; left out, JSON. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface StreamOptions {
  readonly query?: Query;
  readonly signal: AbortSignal;
  /** Without a byte for so long the answer counts as cut. */
  readonly idleMs?: number;
}

/** The API server of one cluster as one user. Every call throws `KubeFailure`. */
export interface KubeApi {
  /** Its address, without any credential. */
  readonly server: string;
  send(method: Method, path: string, options?: SendOptions): Promise<unknown>;
  /** A GET whose answer is read as it comes; ends when the server closes it. */
  stream(path: string, options: StreamOptions): Promise<AsyncIterable<Uint8Array>>;
  close(): void;
}

/** Where the cluster is. `null`, `null` = KUBECONFIG, else ~/.kube/config, else the pod this runs in. */
export interface KubeAccess {
  readonly kubeconfig: string | null;
  readonly context: string | null;
}

const TIMEOUT_MS = 30_000;
/** Requests at once; watches and logs have sockets of their own. */
const MAX_SOCKETS = 32;

export async function createKubeApi(access: KubeAccess): Promise<KubeApi> {
  const { config, server, proxied } = await openKubeConfig(access);
  return new RestApi(config, server, proxied);
}

/**
 * Opens a kubeconfig. The library is loaded only here: it weighs 84 MB, and most workers have no cluster.
 * @throws KubeFailure
 */
export async function openKubeConfig(
  access: KubeAccess,
): Promise<{ readonly config: KubeConfig; readonly server: string; readonly proxied: boolean }> {
  const { KubeConfig: Config } = await import('@kubernetes/client-node/dist/config.js');
  const config: KubeConfig = new Config();
  if (access.kubeconfig === null) config.loadFromDefault();
  else config.loadFromFile(access.kubeconfig);
  if (access.context !== null) config.setCurrentContext(access.context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const where = access.context ?? access.kubeconfig ?? 'the default kubeconfig';
    throw new KubeFailure(null, 'NoCluster', `${where} names no cluster`);
  }
  return { config, server: cluster.server.replace(/\/+$/, ''), proxied: cluster.proxyUrl !== undefined };
}

interface Connection {
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: RequestOptions['agent'];
}

class RestApi implements KubeApi {
  readonly server: string;
  readonly #config: KubeConfig;
  readonly #proxied: boolean;
  #identity = '';
  #calls: Agent | null = null;
  #streams: Agent | null = null;

  constructor(config: KubeConfig, server: string, proxied: boolean) {
    this.#config = config;
    this.server = server;
    this.#proxied = proxied;
  }

  async send(method: Method, path: string, options: SendOptions = {}): Promise<unknown> {
    const signals = [AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS), options.signal];
    const signal = AbortSignal.any(signals.filter((one) => one !== undefined));
    const answer = await this.#open(method, path, { ...options, signal }, false);
    const body = await text(answer).catch((error: unknown) => {
      throw toFailure(error, `${method} ${path}`);
    });
    return body === '' ? null : parse(body, `${method} ${path}`);
  }

  async stream(path: string, { query, signal, idleMs }: StreamOptions): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.#open('GET', path, { ...(query === undefined ? {} : { query }), signal }, true);
    if (idleMs !== undefined) {
      answer.setTimeout(idleMs, () => answer.destroy(new Error(`nothing came for ${idleMs / 1000} s`)));
    }
    return chunks(answer, `GET ${path}`);
  }

  close(): void {
    this.#calls?.destroy();
    this.#streams?.destroy();
  }

  /** Resolves with an answer of 2xx; a token that has just been replaced is read again once. */
  async #open(method: Method, path: string, options: SendOptions, streams: boolean): Promise<IncomingMessage> {
    for (let again = false; ; again = true) {
      const answer = await this.#ask(method, path, options, streams);
      const status = answer.statusCode ?? 0;
      if (status >= 200 && status < 300) return answer;
      const body = await text(answer).catch(() => '');
      if (status !== 401 || again) throw KubeFailure.of(status, body, answer.headers, `${method} ${path}`);
    }
  }

  async #ask(method: Method, path: string, options: SendOptions, streams: boolean): Promise<IncomingMessage> {
    const { headers, agent } = await this.#connection(streams);
    const url = new URL(this.server + path);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const call = url.protocol === 'https:' ? tlsRequest : plainRequest;
    return await new Promise((resolve, reject) => {
      const request = call(url, {
        method,
        agent,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        headers: {
          ...headers,
          accept: options.accept ?? 'application/json, */*',
          'user-agent': 'trainyard',
          ...(body === undefined
            ? {}
            : {
                'content-type': options.contentType ?? 'application/json',
                'content-length': Buffer.byteLength(body),
              }),
        },
      });
      request.on('response', resolve);
      request.on('error', (error) => reject(toFailure(error, `${method} ${path}`)));
      request.end(body);
    });
  }

  /** Credentials are asked for with every call: tokens of service accounts and of login programs run out. */
  async #connection(streams: boolean): Promise<Connection> {
    const options: RequestOptions & Record<string, unknown> = {};
    await this.#config.applyToHTTPSOptions(options).catch((error: unknown) => {
      throw toFailure(error, 'the credentials of the kubeconfig');
    });
    const headers = textHeaders(options);
    if (this.#proxied || this.server.startsWith('http:')) return { headers, agent: options.agent };
    const { ca, cert, key, rejectUnauthorized, servername } = options;
    const tls = { ca, cert, key, rejectUnauthorized, servername };
    const identity = JSON.stringify(tls);
    if (identity !== this.#identity) {
      this.#identity = identity;
      const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
      this.#calls = new Agent({ ...given, keepAlive: true, maxSockets: MAX_SOCKETS });
      this.#streams = new Agent({ ...given, keepAlive: true });
    }
    return { headers, agent: (streams ? this.#streams : this.#calls) ?? undefined };
  }
}

function textHeaders(options: RequestOptions): Record<string, string> {
  const entries = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  const basic = typeof options.auth === 'string' ? `Basic ${Buffer.from(options.auth).toString('base64')}` : null;
  return { ...Object.fromEntries(entries), ...(basic === null ? {} : { authorization: basic }) };
}

async function* chunks(answer: IncomingMessage, what: string): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of answer) yield chunk as Uint8Array;
  } catch (error) {
    throw toFailure(error, what);
  } finally {
    answer.destroy();
  }
}

function parse(body: string, what: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new KubeFailure(null, 'BadAnswer', `${what}: the answer is not JSON: ${String(error)}`);
  }
}
