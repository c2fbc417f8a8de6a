import type { ClusterJobStatus, ObservedJob } from '../../domain/cluster-job.ts';

/** Jobs of which a rank is dead while the framework goes on. */
export class DeadPeers {
  /** Since when, milliseconds. */
  readonly #since = new Map<string, number>();
  readonly #graceMs: number;

  /** @param graceMs what a framework gets to end the peers by itself */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Why the job is ended now; `null` = it is not. `later` is told when to look again. */
  overdue(name: string, told: ClusterJobStatus, later: (ms: number) => void): ObservedJob['endedBy'] {
    if (told.endNow === null) {
      this.forget(name);
      return null;
    }
    const now = Date.now();
    const first = this.#since.get(name) ?? now;
    this.#since.set(name, first);
    const left = first + (told.endAtOnce === true ? 0 : this.#graceMs) - now;
    if (left > 0) later(left);
    return left > 0 ? null : { why: 'peer', reason: told.endNow };
  }

  forget(name: string): void {
    this.#since.delete(name);
  }
}
