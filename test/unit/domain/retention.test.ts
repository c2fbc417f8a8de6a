import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../domain/record.ts';
import { dueForRemoval, type Retention } from '../../../domain/retention.ts';
import { initialView } from '../../../domain/run-reducer.ts';
import type { RunStatus, StageStatus } from '../../../domain/run-state.ts';

const DAY = 86_400;
const END = Date.parse('2026-01-01T00:00:00Z');
const KEPT: Retention = { runsSeconds: 90 * DAY, outputsSeconds: 30 * DAY };

interface Scene {
  readonly status?: RunStatus;
  readonly train?: StageStatus;
  readonly checkpoint?: boolean;
  readonly removed?: boolean;
  readonly over?: boolean;
}

function record({
  status = 'succeeded',
  train = 'done',
  checkpoint = false,
  removed = false,
  over = true,
}: Scene): RunRecord {
  const first = initialView('run-a', '2025-12-31T00:00:00Z');
  const stages = first.stages.map((stage) => (stage.name === 'train' ? { ...stage, status: train } : stage));
  const plan = {
    limits: { keepFailedSeconds: 1800 },
    train: checkpoint ? { checkpoint: { path: 'last.pt' } } : {},
  };
  const view = { ...first, status, stages, finishedAt: new Date(END).toISOString() };
  return {
    runId: 'run-a',
    plan,
    view: over ? view : null,
    ...(removed ? { outputsRemovedAt: '2026-02-01T00:00:00Z' } : {}),
  } as unknown as RunRecord;
}

const after = (seconds: number, scene: Scene = {}, retention = KEPT) =>
  dueForRemoval(record(scene), END + seconds * 1000, retention);

describe('what a run has left', () => {
  it('goes in two steps: what it made, then all of it', () => {
    expect([after(30 * DAY - 1), after(30 * DAY), after(90 * DAY)]).toEqual([null, 'outputs', 'run']);
    expect(after(31 * DAY, { removed: true })).toBeNull();
  });

  it('stays for ever where the settings do not say how long', () => {
    const never = { runsSeconds: null, outputsSeconds: null };
    expect(after(10_000 * DAY, {}, never)).toBeNull();
    expect(after(10_000 * DAY, { status: 'failed', train: 'failed' }, never)).toBeNull();
  });

  it('stays while nobody has written down that the run is over', () => {
    expect(after(10_000 * DAY, { over: false })).toBeNull();
  });

  it('is scratch where training never finished, and goes after limits.keepFailed', () => {
    const failed = { status: 'failed', train: 'failed' } as const;
    expect([after(1799, failed), after(1800, failed)]).toEqual([null, 'outputs']);
    // What was trained may be packaged again; from checkpoints another run may start.
    expect(after(1800, { status: 'failed', train: 'done' })).toBeNull();
    expect(after(1800, { ...failed, checkpoint: true })).toBeNull();
  });

  it('of a failure stays at least limits.keepFailed, whatever the settings say', () => {
    const soon = { runsSeconds: 60, outputsSeconds: 60 };
    expect(after(61, { status: 'failed', train: 'done' }, soon)).toBeNull();
    expect(after(1800, { status: 'failed', train: 'done' }, soon)).toBe('run');
    expect(after(61, {}, soon)).toBe('run');
  });
});
