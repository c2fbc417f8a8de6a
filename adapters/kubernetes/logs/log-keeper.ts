import { open } from 'node:fs/promises';
import type { KubeObject } from '../../../domain/cluster-job.ts';
import { cleanLines, splitStamp } from '../../../domain/log-text.ts';
import type { KubeApi } from '../api.ts';
import { pause } from './alarm.ts';
import type { Pause } from './alarm.ts';
import { restartsOf } from './container-state.ts';
import { PodReader } from './pod-reader.ts';
import type { ReaderParts } from './pod-reader.ts';
import { createRankLog } from './rank-log.ts';
import { createSlots } from './slots.ts';

const MAX_FOLLOWED = 200;
const CAP_BYTES = 256 * 1024 * 1024;
/** Reads at once that do not stay open. */
const MAX_READS = 16;
const TAIL_BYTES = 64 * 1024;
/** Pods remembered as read to their end. */
const REMEMBERED = 20_000;

export interface LogTarget {
  /** Absolute, `<role>-<rank>.log`. */
  readonly file: string;
  /** In the order in which they run: init containers that are steps, then the main one. */
  readonly containers: readonly string[];
  /** Its silence is judged: it is read at the same pace however long it has written nothing. */
  readonly steady?: boolean;
}

/**
 * Brings the logs of every rank of a site's jobs into the workspace: each line once, with the time the node gave it.
 * Only one keeper may write to a workspace at a time. Nothing it meets is thrown: a log that is lost fails no job, and
 * what is missing is said in the file.
 */
export interface LogKeeper {
  /** Reads the containers of a pod as they start. Called with every newer state of the pod; one reader a pod's uid. */
  follow(pod: KubeObject, target: LogTarget): void;
  /** The pod is not there any more: its reader ends with what it has. */
  gone(podUid: string): void;
  /** Resolves when everything that ended containers wrote is in the files, or the time is over: then the files say so. */
  settle(podUids: readonly string[], timeoutMs: number): Promise<void>;
  /** The last lines of a log without their times, control characters and marks; at most `count`, 20 if left out. */
  lastLines(file: string, count?: number): Promise<readonly string[]>;
  /** Ends all reading; another keeper goes on from the files. */
  stop(): Promise<void>;
}

export interface LogKeeperOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  /** Containers followed at once; the others are read in turns. 200 if left out. */
  readonly maxFollowed?: number;
  /** Of the log of one rank; 256 MiB if left out. */
  readonly capBytes?: number;
  readonly note?: (text: string) => void;
  /** For tests: how time passes. */
  readonly pause?: Pause;
  readonly random?: () => number;
}

export function createLogKeeper(options: LogKeeperOptions): LogKeeper {
  return new Keeper(options);
}

class Keeper implements LogKeeper {
  readonly #parts: ReaderParts;
  readonly #cap: number;
  readonly #readers = new Map<string, PodReader>();
  /** The newest reader of a file; those of the pods before it end first. */
  readonly #files = new Map<string, { readonly reader: PodReader; readonly done: Promise<void> }>();
  /** Restarts of the containers of pods that were read to their end. */
  readonly #finished = new Map<string, number>();
  #isStopped = false;

  constructor(options: LogKeeperOptions) {
    this.#cap = options.capBytes ?? CAP_BYTES;
    this.#parts = {
      api: options.api,
      namespace: options.namespace,
      follows: createSlots(options.maxFollowed ?? MAX_FOLLOWED),
      reads: createSlots(MAX_READS),
      pause: options.pause ?? pause,
      random: options.random ?? Math.random,
      note: options.note ?? (() => undefined),
    };
  }

  follow(pod: KubeObject, target: LogTarget): void {
    const { uid } = pod.metadata;
    if (this.#isStopped || uid === undefined) return;
    const known = this.#readers.get(uid);
    if (known !== undefined) return known.update(pod);
    const restarts = this.#finished.get(uid);
    if (restarts !== undefined && restartsOf(pod) <= restarts) return;
    const before = this.#files.get(target.file);
    // Of two pods of one rank the newer counts; the log of the older was read when it was the newer.
    if (before !== undefined && isOlder(pod, before.reader.pod)) return;
    before?.reader.gone();
    const reader = new PodReader(this.#parts, createRankLog(target.file, this.#cap), pod, target);
    this.#readers.set(uid, reader);
    const done = this.#run(uid, reader, before?.done);
    this.#files.set(target.file, { reader, done });
  }

  gone(podUid: string): void {
    this.#readers.get(podUid)?.gone();
  }

  async settle(podUids: readonly string[], timeoutMs: number): Promise<void> {
    const readers = podUids.map((uid) => this.#readers.get(uid)).filter((one) => one !== undefined);
    const open = new Set(readers);
    const over = new AbortController();
    const all = Promise.all(readers.map(async (one) => open.delete((await one.settled(), one))));
    await Promise.race([all, this.#parts.pause(timeoutMs, over.signal)]);
    over.abort();
    for (const reader of open) {
      reader.late(Math.round(timeoutMs / 1000));
      this.#parts.note(`${reader.file}: not read whole within ${Math.round(timeoutMs / 1000)} s`);
    }
  }

  async lastLines(file: string, count = 20): Promise<readonly string[]> {
    await this.#files.get(file)?.reader.flush();
    const lines = (await readEnd(file)).split('\n');
    const timed = lines.map((line) => splitStamp(line)?.text).filter((line) => line !== undefined);
    return cleanLines(timed.join('\n')).slice(-count);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const reader of this.#readers.values()) reader.stop();
    await Promise.all([...this.#files.values()].map(({ done }) => done));
  }

  async #run(uid: string, reader: PodReader, before: Promise<void> | undefined): Promise<void> {
    await before;
    await reader.run();
    this.#readers.delete(uid);
    if (this.#files.get(reader.file)?.reader === reader) this.#files.delete(reader.file);
    if (this.#finished.size >= REMEMBERED) {
      const [oldest] = this.#finished.keys();
      if (oldest !== undefined) this.#finished.delete(oldest);
    }
    this.#finished.set(uid, restartsOf(reader.pod));
  }
}

function isOlder(pod: KubeObject, than: KubeObject): boolean {
  return (pod.metadata.creationTimestamp ?? '') < (than.metadata.creationTimestamp ?? '');
}

/** The end of a file, from a line's beginning; '' where there is none. */
async function readEnd(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const bytes = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    const text = bytes.toString('utf8', 0, bytesRead);
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await file.close();
  }
}
