import type { KubeApi } from '../api.ts';
import type { Alarm, Pause } from './alarm.ts';
import type { ContainerState } from './container-state.ts';
import type { RankLog } from './rank-log.ts';
import { readOnce } from './read-pass.ts';
import type { PassResult } from './read-pass.ts';
import type { Slots, Ticket } from './slots.ts';

/** How long a stream may outlive its container, milliseconds. */
const LINGER_MS = 5000;

export interface ReadParts {
  readonly api: KubeApi;
  readonly namespace: string;
  /** For streams that stay open. */
  readonly follows: Slots;
  /** For reads that end by themselves. */
  readonly reads: Slots;
  readonly pause: Pause;
}

type StateNow = () => { readonly state: ContainerState; readonly isGone: boolean };

/** The single reads of one pod's containers: each gets a slot, to stay or in turn. */
export interface ContainerReads {
  /** Another container begins. */
  begin(): void;
  /** Reads on from where the file ends. An error is of the file. */
  read(pod: string, container: string, now: StateNow): Promise<PassResult | Error>;
  /** To be called when the container's state may be another. */
  stateChanged(): void;
  leaveQueue(): void;
  /** Whether the next read may stay. */
  readonly hasSlot: boolean;
  /** The last stream was closed in good order, as when a container has ended. */
  readonly closedWell: boolean;
}

export function createContainerReads(parts: ReadParts, log: RankLog, alarm: Alarm, stop: AbortSignal): ContainerReads {
  return new Reads(parts, log, alarm, stop);
}

class Reads implements ContainerReads {
  closedWell = false;
  readonly #parts: ReadParts;
  readonly #log: RankLog;
  readonly #alarm: Alarm;
  readonly #stop: AbortSignal;
  /** The place in the queue of those that want to stay. */
  #place: Ticket | null = null;
  #rest: Buffer | null = null;
  #onChange: (() => void) | null = null;

  constructor(parts: ReadParts, log: RankLog, alarm: Alarm, stop: AbortSignal) {
    this.#parts = parts;
    this.#log = log;
    this.#alarm = alarm;
    this.#stop = stop;
  }

  get hasSlot(): boolean {
    return this.#place?.isGranted === true;
  }

  begin(): void {
    this.closedWell = false;
    this.#rest = null;
  }

  stateChanged(): void {
    this.#onChange?.();
  }

  leaveQueue(): void {
    this.#place?.release();
    this.#place = null;
  }

  async read(pod: string, container: string, now: StateNow): Promise<PassResult | Error> {
    const follow = this.#mayStay(now);
    const turn = follow ? null : this.#parts.reads.queue(() => this.#alarm.ring());
    try {
      while (turn?.isGranted === false && !this.#stop.aborted) await this.#alarm.wait(this.#alarm.rings, null);
      const result = await this.#readOnce(pod, container, now, follow);
      this.closedWell = (follow && result.failure === null) || (this.closedWell && result.fresh === 0);
      this.#rest = result.rest;
      return result;
    } catch (error) {
      await this.#log.close().catch(() => undefined);
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      turn?.release();
      if (follow) this.leaveQueue();
    }
  }

  /** If there is no slot, a place in the queue is taken and kept. */
  #mayStay(now: StateNow): boolean {
    const { state, isGone } = now();
    if (state.kind !== 'running' || isGone) {
      this.leaveQueue();
      return false;
    }
    this.#place ??= this.#parts.follows.queue(() => this.#alarm.ring());
    return this.hasSlot;
  }

  async #readOnce(pod: string, container: string, now: StateNow, follow: boolean): Promise<PassResult> {
    const { state } = now();
    const cut = new AbortController();
    if (follow) this.#cutAfterEnd(now, cut);
    try {
      const result = await readOnce(this.#parts.api, this.#log, {
        path: `/api/v1/namespaces/${this.#parts.namespace}/pods/${pod}/log`,
        container,
        startedAt: state.kind === 'waiting' ? null : state.startedAt,
        follow,
        whole: state.kind === 'ended' && !follow,
        rest: this.#rest,
        signal: AbortSignal.any([this.#stop, cut.signal]),
      });
      return cut.signal.aborted ? { ...result, failure: null } : result;
    } finally {
      this.#onChange = null;
      cut.abort();
    }
  }

  /** A stream should end with its container; one that does not is cut, and the rest is read without staying. */
  #cutAfterEnd(now: StateNow, cut: AbortController): void {
    let lingers = false;
    this.#onChange = () => {
      const { state, isGone } = now();
      if (lingers || (!isGone && state.kind === 'running')) return;
      lingers = true;
      void this.#parts.pause(LINGER_MS, cut.signal).then(() => cut.abort());
    };
    this.#onChange();
  }
}
