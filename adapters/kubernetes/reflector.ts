import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../domain/cluster-job.ts';
import { at, textAt } from '../../domain/json.ts';
import type { KubeApi, Query } from './api.ts';
import { KubeFailure, isWithheld } from './failure.ts';
import { linesOf } from './lines.ts';
import { listPages } from './list.ts';

/** Where a reflected collection goes. */
export interface Sink {
  /** All there is, after a list. */
  replace(objects: readonly KubeObject[]): void;
  set(object: KubeObject): void;
  gone(object: KubeObject): void;
  /** Why nothing comes; `null` once it does again. */
  trouble(failure: KubeFailure | null): void;
}

export interface Reflector {
  /** Resolves after the first list, or when it is plain that there will be none for now. */
  readonly ready: Promise<void>;
  /** Whether `ready` has resolved. */
  readonly isReady: boolean;
  stop(): Promise<void>;
}

interface Settings {
  readonly pageSize: number;
  /** A watch is asked to last so long; the server closes it then. */
  readonly watchSeconds: number;
  /** Bookmarks come about once a minute: silence for longer means that nobody is there any more. */
  readonly idleMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A watch that fails more often in a row is not resumed: all is listed anew. */
  readonly maxResumes: number;
  /** Shorter watches are followed by a pause as long as this. */
  readonly minWatchMs: number;
  /** What is not installed, or not to be read, is asked for again after so long. */
  readonly absentMs: number;
}

const DEFAULTS: Settings = {
  pageSize: 500,
  watchSeconds: 290,
  idleMs: 100_000,
  minBackoffMs: 300,
  maxBackoffMs: 30_000,
  maxResumes: 4,
  minWatchMs: 1000,
  absentMs: 60_000,
};

/**
 * Keeps a copy of one collection: a list, then a watch from its version on; a list again when that version is too old
 * (410) or the watch is cut. Source: Kubernetes API concepts, "Efficient detection of changes".
 */
export function reflect(api: KubeApi, path: string, query: Query, sink: Sink, over: Partial<Settings> = {}): Reflector {
  return new LiveReflector(api, { path, query }, sink, { ...DEFAULTS, ...over });
}

class LiveReflector implements Reflector {
  readonly ready: Promise<void>;
  isReady = false;
  readonly #api: KubeApi;
  readonly #what: { readonly path: string; readonly query: Query };
  readonly #sink: Sink;
  readonly #settings: Settings;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  #becomeReady: () => void = () => {};
  /** Of the last thing seen; `null` = a list is due. */
  #version: string | null = null;
  /** When the watch was asked for, milliseconds. */
  #opened: number | null = null;
  /** In a row. */
  #failures = 0;

  constructor(api: KubeApi, what: { readonly path: string; readonly query: Query }, sink: Sink, settings: Settings) {
    this.#api = api;
    this.#what = what;
    this.#sink = sink;
    this.#settings = settings;
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#becomeReady();
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#list();
        this.#settle();
        this.#opened = performance.now();
        await this.#watch(this.#version);
        // Whoever closes a watch as soon as it is open would be asked without a pause.
        if (!this.#lasted()) await pause(this.#settings.minWatchMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#failed(error instanceof KubeFailure ? error : new KubeFailure(null, 'Watch', String(error)));
      }
    }
  }

  /** Whether the last watch was worth its name. */
  #lasted(): boolean {
    const opened = this.#opened;
    this.#opened = null;
    return opened !== null && performance.now() - opened >= this.#settings.minWatchMs;
  }

  #settle(): void {
    this.isReady = true;
    this.#becomeReady();
  }

  async #failed(failure: KubeFailure): Promise<void> {
    this.#failures = this.#lasted() ? 1 : this.#failures + 1;
    const { maxResumes, absentMs } = this.#settings;
    const absent = isAbsent(failure);
    // From an old version nothing more is to be had, nor from one that the server does not know: it may have been
    // restored. After any other failure the watch goes on where it was.
    if (failure.status === 410 || absent || this.#failures > maxResumes) this.#version = null;
    this.#sink.trouble(failure);
    if (absent) this.#settle();
    await pause(absent ? absentMs : this.#backoff(failure), this.#abort.signal);
  }

  async #list(): Promise<string> {
    const { path, query } = this.#what;
    const { pageSize } = this.#settings;
    const { objects, version } = await listPages(this.#api, path, query, { pageSize, signal: this.#abort.signal });
    this.#sink.trouble(null);
    this.#sink.replace(objects.map(slim));
    return version;
  }

  /** Resolves when the server closes the watch. */
  async #watch(from: string): Promise<void> {
    const { watchSeconds, idleMs } = this.#settings;
    const stream = await this.#api.stream(this.#what.path, {
      query: {
        ...this.#what.query,
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: from,
        timeoutSeconds: Math.round(watchSeconds * (0.9 + Math.random() * 0.2)),
      },
      signal: this.#abort.signal,
      idleMs,
    });
    this.#sink.trouble(null);
    for await (const line of linesOf(stream)) this.#take(JSON.parse(line));
  }

  #take(event: unknown): void {
    const object = at(event, 'object');
    const type = textAt(event, 'type');
    if (type === 'ERROR') throw statusOf(object);
    this.#failures = 0;
    this.#version = textAt(object, 'metadata', 'resourceVersion') ?? this.#version;
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.#sink.gone(slim(object));
    else this.#sink.set(slim(object));
  }

  #backoff({ retryAfterSeconds }: KubeFailure): number {
    const { minBackoffMs, maxBackoffMs } = this.#settings;
    const base = Math.min(minBackoffMs * 2 ** (this.#failures - 1), maxBackoffMs);
    return Math.max(base * (0.5 + Math.random()), (retryAfterSeconds ?? 0) * 1000);
  }
}

/** The watch's own error comes as an event of a stream that was answered with 200. */
function statusOf(status: unknown): KubeFailure {
  const code = at(status, 'code');
  const reason = textAt(status, 'reason') ?? (code === 410 ? 'Expired' : 'WatchError');
  return new KubeFailure(typeof code === 'number' ? code : 500, reason, textAt(status, 'message') ?? reason);
}

function isAbsent(failure: KubeFailure): boolean {
  return isWithheld(failure) || failure.status === 401;
}

/** Without the record of who set which field, which is half of an object. */
function slim(value: unknown): KubeObject {
  const object = value as KubeObject;
  const { managedFields: _fields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
