import type { KubeApi, StreamOptions } from '../../../../../adapters/kubernetes/api.ts';
import { KubeFailure } from '../../../../../adapters/kubernetes/failure.ts';
import type { Pause } from '../../../../../adapters/kubernetes/logs/alarm.ts';
import type { KubeObject } from '../../../../../domain/cluster-job.ts';
import { stampNanos } from '../../../../../domain/log-text.ts';

/** What the server does with one request instead of answering it well. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly message?: string }
  /** The connection breaks after so many bytes; `quietly` = it looks like a good end. */
  | { readonly kind: 'cut'; readonly bytes: number; readonly quietly?: boolean }
  | { readonly kind: 'text'; readonly text: string };

interface ContainerLog {
  bytes: Buffer;
  isEnded: boolean;
  readonly listeners: Set<() => void>;
}

/** Plays the log endpoint of an API server: `sinceTime` in whole seconds, following, faults as they are asked for. */
export class FakeLogServer implements KubeApi {
  readonly server = 'https://cluster.invalid';
  /** Of the next requests. */
  readonly faults: (Fault | null)[] = [];
  readonly requests: { readonly path: string; readonly query: NonNullable<StreamOptions['query']> }[] = [];
  /** Bytes of a chunk. */
  chunk = 7;
  open = 0;
  mostOpen = 0;
  isGone = false;
  readonly #logs = new Map<string, ContainerLog>();

  write(container: string, text: string | Buffer): void {
    const log = this.#log(container);
    log.bytes = Buffer.concat([log.bytes, Buffer.from(text)]);
    for (const listener of log.listeners) listener();
  }

  end(container: string): void {
    const log = this.#log(container);
    log.isEnded = true;
    for (const listener of log.listeners) listener();
  }

  /** The log begins anew, as when the node has put it aside or another pod has taken the name. */
  renew(container: string): void {
    this.end(container);
    this.#logs.delete(container);
  }

  send(): Promise<unknown> {
    return Promise.reject(new Error('a log is streamed'));
  }

  close(): void {}

  stream(path: string, { query = {}, signal }: StreamOptions): Promise<AsyncIterable<Uint8Array>> {
    this.requests.push({ path, query });
    if (this.isGone) return Promise.reject(new KubeFailure(404, 'NotFound', 'pods not found'));
    const fault = this.faults.shift() ?? null;
    if (fault?.kind === 'status') return Promise.reject(new KubeFailure(fault.status, 'X', fault.message ?? 'refused'));
    return Promise.resolve(this.#answer(this.#log(String(query['container'])), query, signal, fault));
  }

  async *#answer(
    log: ContainerLog,
    query: NonNullable<StreamOptions['query']>,
    signal: AbortSignal,
    fault: Exclude<Fault, { kind: 'status' }> | null,
  ): AsyncIterable<Uint8Array> {
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    try {
      if (fault?.kind === 'text') return yield Buffer.from(fault.text);
      const since = query['sinceTime'];
      let left = fault?.bytes ?? Number.POSITIVE_INFINITY;
      let at = since === undefined ? 0 : firstSince(log.bytes, String(since));
      for (;;) {
        for (; at < log.bytes.length; at += this.chunk) {
          const piece = log.bytes.subarray(at, Math.min(at + this.chunk, log.bytes.length));
          yield piece.subarray(0, left);
          left -= piece.length;
          if (left <= 0 && fault !== null && fault.quietly === true) return;
          if (left <= 0) throw new Error('socket hang up');
          if (piece.length < this.chunk) {
            at += piece.length;
            break;
          }
        }
        if (query['follow'] !== true || log.isEnded) return;
        await grown(log, signal);
        if (signal.aborted) throw new Error('aborted');
      }
    } finally {
      this.open -= 1;
    }
  }

  #log(container: string): ContainerLog {
    const known = this.#logs.get(container);
    if (known !== undefined) return known;
    const made: ContainerLog = { bytes: Buffer.alloc(0), isEnded: false, listeners: new Set() };
    this.#logs.set(container, made);
    return made;
  }
}

async function grown(log: ContainerLog, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      log.listeners.delete(done);
      resolve();
    };
    log.listeners.add(done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Where the first line that is not before that second begins. */
function firstSince(bytes: Buffer, since: string): number {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(since)) throw new Error(`not in whole seconds: ${since}`);
  const from = stampNanos(`${since} `) ?? 0n;
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    const time = stampNanos(bytes.toString('latin1', start, end));
    if (time === null || time >= from) return start;
    start = end + 1;
  }
  return start;
}

/** Waits of the reader pass at once; those for minutes never end. */
export const flying: Pause = async (ms, signal) => {
  if (ms < 60_000) return await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
};

export type PlayedState = 'waiting' | 'running' | 'ended';

/** A pod with containers in these states; `uid` is also its name. */
export function playedPod(
  uid: string,
  states: Readonly<Record<string, PlayedState>>,
  over: {
    readonly phase?: string;
    readonly createdAt?: string;
    readonly name?: string;
    readonly restarts?: number;
  } = {},
): KubeObject {
  const startedAt = '2026-01-01T00:00:00Z';
  const stateOf = (state: PlayedState): object => {
    if (state === 'running') return { running: { startedAt } };
    if (state === 'ended') return { terminated: { exitCode: 0, startedAt } };
    return { waiting: { reason: 'PodInitializing' } };
  };
  const all = Object.values(states).every((state) => state === 'ended');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: over.name ?? uid, uid, creationTimestamp: over.createdAt ?? startedAt },
    status: {
      phase: over.phase ?? (all ? 'Succeeded' : 'Running'),
      containerStatuses: Object.entries(states).map(([name, state]) => ({
        name,
        restartCount: over.restarts ?? 0,
        state: stateOf(state),
      })),
    },
  };
}

/** A line as a node gives it, without its end. */
export function stamped(second: number, nanos: number, text: string): string {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString().slice(0, 19);
  return `${at}.${String(nanos).padStart(9, '0')}Z ${text}`;
}
