import type { KubeApi } from '../api.ts';
import { toFailure } from '../failure.ts';
import type { KubeFailure } from '../failure.ts';
import { createLineSplitter } from './line-splitter.ts';
import { MARKS } from './marks.ts';
import { createSieve, timeOf } from './position.ts';
import type { Position } from './position.ts';
import type { RankLog } from './rank-log.ts';

/** A silent log is asked for again after so long, so that a connection that died unnoticed is noticed. */
const IDLE_MS = 300_000;
const SECOND = 1_000_000_000n;

/** What a node says in place of a log, in an answer that looks like one. */
const COMPLAINT =
  /^(?:unable to retrieve container logs for |failed to try resolving symlinks in path |failed to create fsnotify watcher|rpc error: )/;

export interface PassRequest {
  readonly path: string;
  readonly container: string;
  /** When the container started, RFC 3339. */
  readonly startedAt: string | null;
  /** Stay until the container ends. */
  readonly follow: boolean;
  /** The container has ended: its last line may lack an end. */
  readonly whole: boolean;
  /** Such a line as the pass before met it: seen twice, it is whole. */
  readonly rest: Buffer | null;
  readonly signal: AbortSignal;
}

export interface PassResult {
  /** Lines that were new. */
  readonly fresh: number;
  /** Whether lines carry times; those of a server that leaves them out cannot be known again. */
  readonly timed: boolean;
  /** A new line without an end; not in the file yet. */
  readonly rest: Buffer | null;
  /** `null` = the server closed in good order. */
  readonly failure: KubeFailure | null;
  /** What the node said in place of the log. */
  readonly complaint: string | null;
}

/** Reads a container's log once, from where the file ends. Throws Node's errors of files; the log must be closed then. */
export async function readOnce(api: KubeApi, log: RankLog, request: PassRequest): Promise<PassResult> {
  const pass = new Pass(log, await log.open(), request);
  let failure: KubeFailure | null = null;
  for await (const step of steps(api, request, pass.since)) {
    if (step instanceof Uint8Array) await pass.take(step);
    else failure = step;
  }
  const rest = failure === null && request.whole ? pass.takeRest(request.rest) : null;
  await log.close();
  return { fresh: pass.fresh, timed: pass.timed, rest, failure, complaint: pass.complaint };
}

class Pass {
  fresh = 0;
  timed = false;
  complaint: string | null = null;
  readonly since: string | undefined;
  readonly #log: RankLog;
  readonly #sieve: ReturnType<typeof createSieve>;
  readonly #splitter = createLineSplitter();
  /** The newest line known is of this container, so it must come again. */
  #expects: boolean;
  /** Continues a line that began before what was asked for, until a line with a time comes. */
  #resumed: boolean;

  /** From here on every line is new. */
  #steady = false;

  constructor(log: RankLog, position: Position, { startedAt }: PassRequest) {
    this.#log = log;
    this.#sieve = createSieve(position);
    this.since = position.since;
    const started = startedAt === null ? Number.NaN : Date.parse(startedAt);
    const from = Number.isNaN(started) ? null : BigInt(started) * 1_000_000n + SECOND;
    this.#expects = position.newest !== null && from !== null && position.newest >= from;
    this.#resumed = position.since !== undefined;
  }

  async take(chunk: Uint8Array): Promise<void> {
    for (const line of this.#splitter.push(chunk)) if (this.#takeLine(line)) await this.#log.flush();
  }

  takeRest(known: Buffer | null): Buffer | null {
    const rest = this.#splitter.rest();
    if (rest === null || rest.length === 0 || !this.#isNew(rest)) return null;
    if (known === null || !known.equals(rest)) return rest;
    this.#add(rest);
    return null;
  }

  #takeLine(line: Buffer): boolean {
    if (this.#steady && isDigit(line[0])) return this.#add(line);
    return this.#isNew(line) ? this.#add(line) : false;
  }

  #isNew(line: Buffer): boolean {
    const timed = timeOf(line) !== null;
    if (!timed && (this.#isComplaint(line) || this.#resumed)) return false;
    this.#resumed = false;
    this.timed ||= timed;
    if (!this.#sieve.isNew(line)) return false;
    if (this.#expects && timed) {
      this.#expects = false;
      if (!this.#sieve.met) this.#log.mark(MARKS.rotated);
    }
    this.#steady = this.timed && this.#sieve.isPassed;
    return true;
  }

  #add(line: Buffer): boolean {
    this.fresh += 1;
    return this.#log.add(line);
  }

  #isComplaint(line: Buffer): boolean {
    const text = line.toString('utf8', 0, 300);
    if (!COMPLAINT.test(text)) return false;
    this.complaint = text;
    return true;
  }
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** The answer's chunks, and last of all what it failed of. */
async function* steps(
  api: KubeApi,
  { path, container, follow, signal }: PassRequest,
  since: string | undefined,
): AsyncIterable<Uint8Array | KubeFailure> {
  try {
    const query = { container, follow, timestamps: true, sinceTime: since };
    yield* await api.stream(path, { query, signal, idleMs: IDLE_MS });
  } catch (error) {
    yield toFailure(error, `GET ${path}`);
  }
}
