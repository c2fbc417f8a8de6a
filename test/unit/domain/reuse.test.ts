import { describe, expect, it } from 'vitest';
import type { RerunStage } from '../../../domain/rerun.ts';
import { latestStage, reusedStages, type Reusable, whyNotFrom } from '../../../domain/reuse.ts';
import type { StageStatus } from '../../../domain/run-state.ts';
import { STAGES, type Stage } from '../../../domain/stage.ts';

const ALL = { checkouts: true, output: true, package: true, commit: true };

function base(changes: Partial<Reusable> & { readonly until?: Stage; readonly ends?: StageStatus } = {}): Reusable {
  const { until = 'register', ends = 'done', ...rest } = changes;
  const last = STAGES.indexOf(until);
  return {
    stages: STAGES.map((name, index) => ({
      name,
      status: index < last ? 'done' : index === last ? ends : 'waiting',
    })),
    left: ALL,
    planned: STAGES,
    ...rest,
  };
}

describe('a run that is taken up again', () => {
  it('may be so from every stage up to the one it did not finish', () => {
    const run = base({ until: 'package', ends: 'failed' });
    const possible = (['fetch', 'train', 'package', 'push', 'register'] as const).map((from) => whyNotFrom(from, run));
    expect(possible).toEqual([
      null,
      null,
      null,
      'the run never finished stage package',
      'the run never finished stage package',
    ]);
    expect(latestStage(run)).toBe('package');
  });

  it('counts what it took over itself as done, and what was skipped as not done', () => {
    const taken = base().stages.map((stage) =>
      stage.name === 'train' ? { ...stage, status: 'reused' as const } : stage,
    );
    expect(whyNotFrom('push', base({ stages: taken }))).toBeNull();
    expect(whyNotFrom('register', base({ until: 'push', ends: 'skipped' }))).toContain('never finished stage push');
  });

  it.each<[RerunStage, keyof typeof ALL, RerunStage]>([
    ['train', 'checkouts', 'register'],
    ['package', 'output', 'register'],
    ['push', 'package', 'package'],
    ['register', 'commit', 'push'],
  ])('may not be so from %s once its %s is gone, and says from where it may', (from, gone, latest) => {
    const run = base({ left: { ...ALL, [gone]: false } });
    expect(whyNotFrom(from, run)).not.toBeNull();
    expect(latestStage(run)).toBe(latest);
  });

  it('may always be so from the fetch', () => {
    const left = { checkouts: false, output: false, package: false, commit: false };
    expect(latestStage(base({ left, until: 'fetch', ends: 'failed' }))).toBe('fetch');
  });

  it('pushes what was trained where nothing is packaged', () => {
    const planned: readonly Stage[] = ['resolve', 'fetch', 'train', 'push'];
    const run = base({ planned, left: { ...ALL, package: false } });
    expect(whyNotFrom('push', run)).toBeNull();
    expect(whyNotFrom('register', run)).toContain('switched off');
    expect(reusedStages('push', planned)).toEqual(['fetch', 'train']);
  });
});
