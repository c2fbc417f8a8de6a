import type { KubeObject } from '../../../domain/cluster-job.ts';
import { createAlarm } from './alarm.ts';
import type { Alarm } from './alarm.ts';
import { containerState, podEnded } from './container-state.ts';
import type { ContainerState } from './container-state.ts';
import { MARKS } from './marks.ts';
import { createPatience } from './patience.ts';
import type { Patience } from './patience.ts';
import type { RankLog } from './rank-log.ts';
import { createContainerReads } from './container-reads.ts';
import type { ContainerReads, ReadParts } from './container-reads.ts';
import type { PassResult } from './read-pass.ts';

/** Time between two reads of a running container that has no slot to be followed, milliseconds: from, and to. */
const TURN_MS = 15_000;
const QUIET_TURN_MS = 240_000;
/** A stream that held so long shows that the way is open. */
const LASTED_MS = 60_000;

export interface ReaderParts extends ReadParts {
  readonly random: () => number;
  readonly note: (text: string) => void;
}

/** Brings the logs of one pod's containers, one after the other, into one file. */
export class PodReader {
  readonly file: string;
  readonly #parts: ReaderParts;
  readonly #containers: readonly string[];
  readonly #steady: boolean;
  readonly #log: RankLog;
  readonly #stop = new AbortController();
  readonly #alarm: Alarm;
  readonly #reads: ContainerReads;
  readonly #waiters = new Set<() => void>();
  #pod: KubeObject;
  #isGone = false;
  #isDone = false;
  /** Reads in a row that brought nothing. */
  #quietTurns = 0;
  /** Containers that are in the file as a whole. */
  #read = 0;

  constructor(
    parts: ReaderParts,
    log: RankLog,
    pod: KubeObject,
    target: { readonly file: string; readonly containers: readonly string[]; readonly steady?: boolean },
  ) {
    this.#parts = parts;
    this.#log = log;
    this.#pod = pod;
    this.#alarm = createAlarm(parts.pause);
    this.#reads = createContainerReads(parts, log, this.#alarm, this.#stop.signal);
    this.file = target.file;
    this.#containers = target.containers;
    this.#steady = target.steady ?? false;
  }

  get pod(): KubeObject {
    return this.#pod;
  }

  /** Takes a newer state of the pod. */
  update(pod: KubeObject): void {
    const before = this.#signature();
    this.#pod = pod;
    if (this.#signature() !== before) this.#wake();
  }

  /** The pod is not there any more, or another has taken its place. */
  gone(): void {
    this.#isGone = true;
    this.#wake();
  }

  stop(): void {
    this.#stop.abort();
    this.#wake();
  }

  /** Resolves when what the ended containers wrote is in the file. */
  async settled(): Promise<void> {
    if (!this.#isSettled()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      this.#wake();
      await promise;
    }
    await this.flush();
  }

  /** Says in the file that nobody waits for the rest; it is read on all the same. */
  late(seconds: number): void {
    this.#log.mark(MARKS.late(seconds));
    this.#wake();
  }

  /** A failure to write is met again by whoever reads. */
  async flush(): Promise<void> {
    await this.#log.flush().catch(() => undefined);
  }

  /** Never rejects: a log that is lost fails no job. */
  async run(): Promise<void> {
    try {
      for (const name of this.#containers) {
        if (!(await this.#readContainer(name))) break;
        this.#read += 1;
        this.#tell();
      }
      if (!this.#stop.signal.aborted) await this.#finish();
    } catch (error) {
      this.#parts.note(`${this.file}: ${String(error)}`);
    } finally {
      this.#reads.leaveQueue();
      this.#isDone = true;
      this.#tell();
    }
  }

  /** False when nothing more of the pod can be read. */
  async #readContainer(name: string): Promise<boolean> {
    const patience = createPatience(this.#parts.random);
    this.#reads.begin();
    for (;;) {
      if (this.#stop.signal.aborted) return false;
      const { rings } = this.#alarm;
      if (this.#log.pending) await this.#writePending();
      const { state } = this.#stateOf(name);
      if (state.kind === 'waiting') {
        if (podEnded(this.#pod) || this.#isGone) return true;
        await this.#alarm.wait(rings, null);
        continue;
      }
      const startedAt = performance.now();
      const result = await this.#reads.read(this.#pod.metadata.name, name, () => this.#stateOf(name));
      if (isWhole(state, result)) return true;
      if (!(result instanceof Error) && result.failure?.status === 404) {
        if (!this.#reads.closedWell) this.#log.mark(MARKS.gone);
        return false;
      }
      this.#judge(result, patience, performance.now() - startedAt);
      if (this.#isGone && patience.failures === 0) return false;
      if ((this.#isGone || state.kind === 'ended') && patience.isOver) {
        this.#giveUp(name, patience);
        return true;
      }
      const ms = this.#restMs(state, patience);
      if (ms > 0) await this.#alarm.wait(rings, ms);
    }
  }

  #judge(result: PassResult | Error, patience: Patience, tookMs: number): void {
    if (result instanceof Error) return patience.failed(result.message, null);
    const { fresh, failure, complaint } = result;
    this.#quietTurns = fresh > 0 ? 0 : this.#quietTurns + 1;
    if ((failure === null && complaint === null) || fresh > 0 || tookMs > LASTED_MS) patience.succeeded();
    if (failure !== null) patience.failed(failure.message, failure);
    else if (complaint !== null) patience.failed(complaint, null);
    if (patience.failures === 3) this.#parts.note(`${this.file}: ${patience.why}`);
  }

  #giveUp(name: string, { why }: Patience): void {
    this.#log.mark(MARKS.unreadable(name, why));
    this.#parts.note(`${this.file}: the log of ${name} is given up: ${why}`);
  }

  #restMs(state: ContainerState, patience: Patience): number {
    if (patience.failures > 0) return patience.delayMs();
    if (state.kind === 'ended') return 0;
    // Closed in good order: the container has ended, and the pod will soon say so.
    if (this.#reads.closedWell) return patience.quietMs();
    // A container that writes nothing is asked ever more seldom; its end is read whole all the same.
    if (this.#reads.hasSlot) return 0;
    return this.#steady ? TURN_MS : Math.min(TURN_MS * 2 ** this.#quietTurns, QUIET_TURN_MS);
  }

  async #writePending(): Promise<void> {
    try {
      await this.#log.open();
      await this.#log.close();
    } catch (error) {
      this.#parts.note(`${this.file}: ${String(error)}`);
    }
  }

  async #finish(): Promise<void> {
    await this.#log.open();
    this.#log.end();
    await this.#log.close();
  }

  #stateOf(name: string): { readonly state: ContainerState; readonly isGone: boolean } {
    return { state: containerState(this.#pod, name), isGone: this.#isGone };
  }

  #wake(): void {
    this.#reads.stateChanged();
    this.#alarm.ring();
  }

  #tell(): void {
    if (!this.#isSettled()) return;
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }

  #isSettled(): boolean {
    if (this.#isDone) return true;
    if (podEnded(this.#pod) || this.#read === this.#containers.length) return false;
    return this.#containers.every(
      (name, index) => index < this.#read || containerState(this.#pod, name).kind !== 'ended',
    );
  }

  #signature(): string {
    const states = this.#containers.map((name) => containerState(this.#pod, name).kind);
    return [podEnded(this.#pod), ...states].join();
  }
}

/** One read more than needed brings nothing: only then is it known that nothing was cut off. */
function isWhole(state: ContainerState, result: PassResult | Error): boolean {
  if (state.kind !== 'ended' || result instanceof Error) return false;
  const { failure, complaint, rest, fresh, timed } = result;
  return failure === null && complaint === null && rest === null && (fresh === 0 || !timed);
}
