import type { KubeFailure } from '../failure.ts';
import { isPassing } from '../failure.ts';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Failures in a row after which the log of an ended container is given up: about ten minutes. */
const PASSING = 24;
/** The same for answers that will hardly change. */
const LASTING = 6;

/** How often reading has failed in a row, and how long to wait before the next try. */
export interface Patience {
  readonly failures: number;
  readonly why: string;
  /** Whether trying on is no use. */
  readonly isOver: boolean;
  succeeded(): void;
  /** @param failure `null` = it was not the API server that failed */
  failed(why: string, failure: KubeFailure | null): void;
  /** Doubling, with jitter; never sooner than the server asked for. */
  delayMs(): number;
  /** The wait after a stream that ended well though its container seems to run. */
  quietMs(): number;
}

export function createPatience(random: () => number): Patience {
  let failures = 0;
  let quiet = 0;
  let why = '';
  let last: KubeFailure | null = null;
  const grown = (count: number): number => Math.min(LONGEST_MS, FIRST_MS * 2 ** count) * (0.5 + random());
  return {
    get failures() {
      return failures;
    },
    get why() {
      return why;
    },
    get isOver() {
      return failures >= (last === null || isPassing(last) ? PASSING : LASTING);
    },
    succeeded: () => {
      failures = 0;
      last = null;
    },
    failed: (reason, failure) => {
      failures += 1;
      quiet = 0;
      why = reason;
      last = failure;
    },
    delayMs: () => Math.max((last?.retryAfterSeconds ?? 0) * 1000, grown(failures - 1)),
    quietMs: () => grown(quiet++),
  };
}
