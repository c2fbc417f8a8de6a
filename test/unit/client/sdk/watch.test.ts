import { describe, expect, it } from 'vitest';
import type { Look } from '../../../../client/sdk/runs.ts';
import type { WatchOptions } from '../../../../client/sdk/types.ts';
import { watchRun } from '../../../../client/sdk/watch.ts';
import { TrainyardError } from '../../../../domain/errors.ts';
import type { RunView } from '../../../../domain/run-state.ts';
import { runView } from '../cli/run-view.ts';

const live = (view: RunView): Look => ({ view, live: true });
const away = new TrainyardError('TY_TEMPORAL_UNREACHABLE', 'away');

function looks(...answers: readonly (Look | Error)[]): () => Promise<Look> {
  let next = 0;
  return () => {
    const answer = answers[next];
    next += 1;
    if (answer === undefined) throw new Error('looked too often');
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
}

async function statuses(look: () => Promise<Look>, options: WatchOptions = {}, now?: () => number): Promise<string[]> {
  const seen: string[] = [];
  for await (const view of watchRun(look, { intervalMs: 0, ...options }, now))
    seen.push(`${view.status} ${view.stage}`);
  return seen;
}

describe('watchRun', () => {
  it('yields each view that differs, and ends with the run', async () => {
    const push = runView({ stage: 'push' });
    const done = runView({ status: 'succeeded', stage: null });
    expect(await statuses(looks(live(runView()), live(runView()), live(push), live(done)))).toEqual([
      'running train',
      'running push',
      'succeeded null',
    ]);
  });

  it('goes on over a server that is away for a while, and says so once', async () => {
    const told: (string | null)[] = [];
    const onTrouble = (error: Error | null): void => void told.push(error?.message ?? null);
    const seen = await statuses(looks(live(runView()), away, away, live(runView({ status: 'failed' }))), { onTrouble });
    expect(seen).toEqual(['running train', 'failed train']);
    expect(told).toEqual(['away', null]);
  });

  it('gives up when the trouble outlasts its patience', async () => {
    let clock = 0;
    const now = (): number => (clock += 1_000);
    await expect(statuses(looks(away, away, away, away), { patienceMs: 2_000 }, now)).rejects.toBe(away);
  });

  it('stops at once for what does not pass', async () => {
    const gone = new TrainyardError('TY_RUN_NOT_FOUND', 'gone');
    await expect(statuses(looks(gone))).rejects.toBe(gone);
  });

  it('shows what was written last while no worker answers, without taking it for live', async () => {
    const told: string[] = [];
    const onTrouble = (error: Error | null): void => void told.push(error === null ? 'over' : 'trouble');
    const written = { view: runView(), live: false };
    const seen = await statuses(looks(written, live(runView({ status: 'cancelled' }))), { onTrouble });
    expect(seen).toEqual(['running train', 'cancelled train']);
    expect(told[0]).toBe('trouble');
  });

  it('ends quietly with its signal', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const view of watchRun(looks(live(runView())), { signal: stop.signal })) {
      seen.push(view.status);
      stop.abort();
    }
    expect(seen).toEqual(['running']);
  });
});
