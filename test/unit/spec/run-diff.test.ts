import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../domain/record.ts';
import { initialView } from '../../../domain/run-reducer.ts';
import type { RunView } from '../../../domain/run-state.ts';
import { type Compared, diffRuns } from '../../../spec/run-diff.ts';

function run(
  runId: string,
  changes: { readonly record?: object; readonly plan?: object; readonly seconds?: number },
): Compared {
  const pin = { kind: 'git', url: 'https://git.example/m', credential: null, ref: 'main', commit: 'a'.repeat(40) };
  const plan = {
    recipe: 'torchrun',
    backend: 'local',
    site: 'local',
    model: pin,
    code: null,
    dataset: null,
    ...changes.plan,
  };
  const first = initialView(runId, '2026-01-01T00:00:00Z');
  const view: RunView = {
    ...first,
    stages: first.stages.map((stage) =>
      stage.name === 'train' && changes.seconds !== undefined
        ? {
            ...stage,
            status: 'done',
            startedAt: '2026-01-01T00:00:00Z',
            finishedAt: new Date(Date.parse('2026-01-01T00:00:00Z') + changes.seconds * 1000).toISOString(),
          }
        : stage,
    ),
  };
  const record = { runId, plan, spec: {}, metrics: null, commit: null, artifact: null, ...changes.record };
  return { record: record as unknown as RunRecord, view };
}

describe('two runs side by side', () => {
  it('differ in parameters first, then in the other fields', () => {
    const spec = (lr: number, name: string) => ({ displayName: name, recipe: { args: { lr }, script: 'train.py' } });
    const { fields } = diffRuns(
      run('a', { record: { spec: spec(1, 'first') } }),
      run('b', { record: { spec: { ...spec(2, 'second'), labels: { team: 'x' } } } }),
    );
    expect(fields).toEqual([
      { name: 'recipe.args.lr', a: '1', b: '2' },
      { name: 'displayName', a: '"first"', b: '"second"' },
      { name: 'labels.team', a: null, b: '"x"' },
    ]);
  });

  it('tell by how much a metric has moved, and of which one of them knows nothing', () => {
    const { metrics } = diffRuns(
      run('a', { record: { metrics: { accuracy: 0.5, loss: 2 } } }),
      run('b', { record: { metrics: { accuracy: 0.75, f1: 1 } } }),
    );
    expect(metrics).toEqual([
      { name: 'accuracy', a: 0.5, b: 0.75, delta: 0.25 },
      { name: 'f1', a: null, b: 1, delta: null },
      { name: 'loss', a: 2, b: null, delta: null },
    ]);
  });

  it('name commits that differ, with the repository only where it is the same one', () => {
    const other = { kind: 'git', url: 'https://git.example/m', credential: null, ref: 'main', commit: 'b'.repeat(40) };
    const same = diffRuns(run('a', {}), run('b', { plan: { model: other } }));
    expect(same.commits).toEqual([
      { name: 'model', a: 'a'.repeat(40), b: 'b'.repeat(40), url: 'https://git.example/m' },
    ]);
    const moved = diffRuns(run('a', {}), run('b', { plan: { model: { ...other, url: 'https://git.example/n' } } }));
    expect(moved.commits[0]?.url).toBeNull();
    const folder = diffRuns(run('a', {}), run('b', { plan: { model: { kind: 'snapshot', digest: 'd' } } }));
    expect(folder.commits[0]).toMatchObject({ b: 'snapshot d', url: null });
  });

  it('show how long each stage took, where that is known', () => {
    const { stages, facts } = diffRuns(run('a', { seconds: 90 }), run('b', { plan: { backend: 'volcano' } }));
    expect(stages.find(({ name }) => name === 'train')).toEqual({
      name: 'train',
      a: { status: 'done', seconds: 90 },
      b: { status: 'waiting', seconds: null },
    });
    expect(facts).toEqual([{ name: 'backend', a: 'local', b: 'volcano' }]);
  });
});
