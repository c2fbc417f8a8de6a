import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after so many milliseconds, or when the signal is aborted; never rejects. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

export const pause: Pause = async (ms, signal) => {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
};

/** Wakes one sleeper when something has changed. */
export interface Alarm {
  /** How often it rang. */
  readonly rings: number;
  ring(): void;
  /**
   * Resolves when it rings, or has rung more than `since` times, or the time is over.
   * @param ms `null` = however long
   */
  wait(since: number, ms: number | null): Promise<void>;
}

export function createAlarm(rest: Pause): Alarm {
  let rings = 0;
  let sleeper = new AbortController();
  return {
    get rings() {
      return rings;
    },
    ring: () => {
      rings += 1;
      sleeper.abort();
    },
    wait: async (since, ms) => {
      if (rings > since) return;
      sleeper = new AbortController();
      const { signal } = sleeper;
      const rung = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await (ms === null ? rung : Promise.race([rung, rest(ms, signal)]));
    },
  };
}
