import { setTimeout as sleep } from 'node:timers/promises';
import { TrainyardError } from '../../domain/errors.ts';
import type { RunView } from '../../domain/run-state.ts';
import { isPassing } from './failures.ts';
import type { Look } from './runs.ts';
import type { WatchOptions } from './types.ts';
import { hasEnded } from './views.ts';

const NEVER = new AbortController().signal;

/** Looks again and again; yields each view that differs from the one before; ends with the run or the signal. */
export async function* watchRun(
  look: () => Promise<Look>,
  options: WatchOptions = {},
  now: () => number = Date.now,
): AsyncGenerator<RunView, void, void> {
  const { signal = NEVER, intervalMs = 500, patienceMs = 300_000 } = options;
  let before = '';
  let troubleSince: number | null = null;
  while (!signal.aborted) {
    const seen = await attempt(look);
    if (signal.aborted) return;
    if (seen.error === null) {
      if (troubleSince !== null) options.onTrouble?.(null);
      troubleSince = null;
    } else {
      if (troubleSince === null) options.onTrouble?.(seen.error);
      troubleSince ??= now();
      if (now() - troubleSince >= patienceMs) throw seen.error;
    }
    if (seen.view !== null) {
      const shown = JSON.stringify(seen.view);
      if (shown !== before) yield seen.view;
      before = shown;
      if (hasEnded(seen.view.status)) return;
    }
    await pause(intervalMs, signal);
  }
}

interface Seen {
  readonly view: RunView | null;
  readonly error: TrainyardError | null;
}

/** The trouble of a view that nobody answered for. */
export function writtenOnly(): TrainyardError {
  return new TrainyardError('TY_WORKER_MISSING', 'no worker answers; showing what was written last');
}

async function attempt(look: () => Promise<Look>): Promise<Seen> {
  try {
    const { view, live } = await look();
    if (live || hasEnded(view.status)) return { view, error: null };
    return { view, error: writtenOnly() };
  } catch (error) {
    if (error instanceof TrainyardError && isPassing(error.code)) return { view: null, error };
    throw error;
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
