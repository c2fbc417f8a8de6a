import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../domain/cluster-job.ts';
import { at, listAt, textAt } from '../../domain/json.ts';
import type { KubeApi, Query } from './api.ts';
import { KubeFailure } from './failure.ts';
import { linesOf } from './lines.ts';

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
  /** What is not installed, or not to be read, is asked for again after so long. */
  readonly absentMs: number;
}

const DEFAULTS: Settings = {
  pageSize: 500,
  watchSeconds: 290,
  idleMs: 100_000,
  minBackoffMs: 300,
  maxBackoffMs: 30_000,
  absentMs: 60_000,
};

/**
 * Keeps a copy of one collection: a list, then a watch from its version on; a list again when that version is too old
 * (410) or the watch is cut. Source: Kubernetes API concepts, "Efficient detection of changes".
 */
export function reflect(api: KubeApi, path: string, query: Query, sink: Sink, over: Partial<Settings> = {}): Reflector {
  const settings = { ...DEFAULTS, ...over };
  const abort = new AbortController();
  let ready: () => void = () => {};
  const first = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const running = loop();

  /** Of the last thing seen; `null` = a list is due. */
  let version: string | null = null;

  async function loop(): Promise<void> {
    let failures = 0;
    while (!abort.signal.aborted) {
      try {
        if (version === null) {
          version = await list();
          ready();
        }
        sink.trouble(null);
        await watch(version);
        failures = 0;
      } catch (error) {
        if (abort.signal.aborted) return;
        const failure = error instanceof KubeFailure ? error : new KubeFailure(null, 'Watch', String(error));
        failures += 1;
        // From an old version nothing more is to be had. After any other failure the watch goes on where it was.
        if (failure.status === 410 || isAbsent(failure)) version = null;
        if (failure.status === 410 && failures === 1) continue;
        sink.trouble(failure);
        if (isAbsent(failure)) ready();
        await pause(isAbsent(failure) ? settings.absentMs : backoff(failures, failure), abort.signal);
      }
    }
  }

  async function list(): Promise<string> {
    const objects: KubeObject[] = [];
    let next: string | undefined;
    let found = '';
    do {
      const page: unknown = await api.send('GET', path, {
        query: { ...query, limit: settings.pageSize, continue: next },
        signal: abort.signal,
      });
      const kind = textAt(page, 'kind')?.replace(/List$/, '') ?? '';
      const apiVersion = textAt(page, 'apiVersion') ?? '';
      for (const item of listAt(page, 'items')) objects.push(slim({ apiVersion, kind, ...(item as object) }));
      found = textAt(page, 'metadata', 'resourceVersion') ?? '';
      next = textAt(page, 'metadata', 'continue') ?? undefined;
    } while (next !== undefined);
    sink.replace(objects);
    return found;
  }

  /** Resolves when the server closes the watch. */
  async function watch(from: string): Promise<void> {
    const stream = await api.stream(path, {
      query: {
        ...query,
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: from,
        timeoutSeconds: Math.round(settings.watchSeconds * (0.9 + Math.random() * 0.2)),
      },
      signal: abort.signal,
      idleMs: settings.idleMs,
    });
    for await (const line of linesOf(stream)) {
      const event: unknown = JSON.parse(line);
      const object = at(event, 'object');
      const type = textAt(event, 'type');
      if (type === 'ERROR') throw statusOf(object);
      version = textAt(object, 'metadata', 'resourceVersion') ?? version;
      if (type === 'BOOKMARK') continue;
      if (type === 'DELETED') sink.gone(slim(object));
      else sink.set(slim(object));
    }
  }

  function backoff(failures: number, { retryAfterSeconds }: KubeFailure): number {
    const base = Math.min(settings.minBackoffMs * 2 ** (failures - 1), settings.maxBackoffMs);
    return Math.max(base * (0.5 + Math.random()), (retryAfterSeconds ?? 0) * 1000);
  }

  return {
    ready: first,
    async stop() {
      abort.abort();
      ready();
      await running;
    },
  };
}

/** The watch's own error comes as an event of a stream that was answered with 200. */
function statusOf(status: unknown): KubeFailure {
  const code = at(status, 'code');
  const reason = textAt(status, 'reason') ?? (code === 410 ? 'Expired' : 'WatchError');
  return new KubeFailure(typeof code === 'number' ? code : 500, reason, textAt(status, 'message') ?? reason);
}

function isAbsent({ status }: KubeFailure): boolean {
  return status === 404 || status === 403 || status === 401;
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
