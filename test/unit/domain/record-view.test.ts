import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../domain/plan.ts';
import type { RunRecord } from '../../../domain/record.ts';
import { viewOfRecord } from '../../../domain/record-view.ts';
import type { Stage } from '../../../domain/stage.ts';

const output = { url: 'https://git.example/ml/out', branch: 'sft-1', credential: null };
const plan = {
  name: 'digits',
  displayName: 'Digits',
  project: 'ml',
  startedAt: '2026-01-01T00:00:00.000Z',
  package: { purpose: 'package' },
  output,
  serve: { kind: 'local' },
} as unknown as Plan;

function recordOf(change: Partial<RunRecord> = {}): RunRecord {
  return {
    schema: 1,
    runId: 'run-digits-a2b3c4',
    workflowId: 'run-digits-a2b3c4',
    temporalRunId: 't',
    spec: {},
    plan,
    checkouts: null,
    fetched: [],
    artifact: null,
    metrics: null,
    commit: null,
    service: null,
    serviceStartSeconds: null,
    view: null,
    ...change,
  };
}

/** `resolve=done fetch=running …`. */
function stagesOf(change: Partial<RunRecord>, reached?: Stage): string {
  return viewOfRecord(recordOf(change), reached)
    .stages.map(({ name, status }) => `${name}=${status}`)
    .join(' ');
}

const checkouts = { model: '/m', code: '/m', dataset: null };
const service = { name: 'digits', url: 'http://127.0.0.1:1', version: '1' };

describe('viewOfRecord', () => {
  it('names the run, its start and where its output will be', () => {
    expect(viewOfRecord(recordOf())).toMatchObject({
      runId: 'run-digits-a2b3c4',
      name: 'digits',
      displayName: 'Digits',
      project: 'ml',
      status: 'running',
      stage: 'fetch',
      createdAt: '2026-01-01T00:00:00.000Z',
      finishedAt: null,
      output: { url: output.url, branch: output.branch, commit: null },
      service: null,
    });
  });

  it.each<[string, Partial<RunRecord>, Stage | undefined, string]>([
    ['a plan', {}, undefined, 'fetch=running train=waiting package=waiting push=waiting register=waiting'],
    ['checkouts', { checkouts }, undefined, 'fetch=done train=running package=waiting push=waiting register=waiting'],
    [
      'checkouts, and a stage known to be reached',
      { checkouts },
      'package',
      'fetch=done train=done package=running push=waiting register=waiting',
    ],
    ['a commit', { checkouts, commit: 'abc' }, 'push', 'fetch=done train=done package=done push=done register=running'],
    [
      'no commit after push',
      { checkouts },
      'register',
      'fetch=done train=done package=done push=skipped register=running',
    ],
    [
      'a service',
      { checkouts, commit: 'abc', service },
      undefined,
      'fetch=done train=done package=done push=done register=done',
    ],
  ])('tells the stages by %s', (_what, change, reached, stages) => {
    expect(stagesOf(change, reached)).toBe(`resolve=done ${stages}`);
  });

  it('leaves off what the plan leaves off', () => {
    const off = { plan: { ...plan, package: null, output: null, serve: null }, checkouts };
    expect(stagesOf(off)).toBe('resolve=done fetch=done train=running package=off push=off register=off');
    expect(viewOfRecord(recordOf(off)).output).toBeNull();
  });

  it('shows commit, service and metrics where they are written', () => {
    const view = viewOfRecord(recordOf({ commit: 'abc', service, metrics: { accuracy: 0.9 } }));
    expect(view).toMatchObject({ output: { commit: 'abc' }, service, metrics: { accuracy: 0.9 }, stage: 'register' });
  });
});
