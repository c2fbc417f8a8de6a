import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../spec/canonical-json.ts';
import { remoteOf } from '../../../spec/remotes.ts';
import { parseSpec, type TrainingSpec } from '../../../spec/training-spec.ts';
import { specInput } from './spec-builder.ts';

function parsed(parts: Readonly<Record<string, unknown>> = {}): TrainingSpec {
  const result = parseSpec(specInput(parts));
  if (!result.ok) throw result.error;
  return result.spec;
}

describe('a spec that is right', () => {
  it('takes the defaults of what is left out, in seconds and counts', () => {
    const spec = parsed();
    expect(spec.limits).toEqual({
      queued: 86_400,
      starting: 3600,
      total: 2_592_000,
      parked: 259_200,
      keepFailed: 1800,
      grace: 30,
    });
    expect(spec.retries).toEqual({ infrastructure: 10, code: 0 });
    expect(spec.compute).toEqual({ replicas: 1, procsPerReplica: 1, env: {} });
    expect(spec.backend).toEqual({ kind: 'local', site: 'local' });
    expect([spec.project, spec.onFailure, spec.model?.ref, spec.output?.branch]).toEqual([
      'default',
      'fail',
      'HEAD',
      '{name}-{timestamp}',
    ]);
  });

  it('reads null as not set: a limit is removed, a part is absent', () => {
    const spec = parsed({
      limits: { total: null, starting: null },
      output: null,
      evaluate: null,
      package: null,
      gates: null,
      tracking: null,
      displayName: null,
      compute: { memory: null, sharedMemory: null },
    });
    expect(spec.limits).toMatchObject({ total: null, starting: null, queued: 86_400 });
    expect([spec.output, spec.package, spec.compute.memory]).toEqual([null, null, null]);
  });

  it('gives the same spec when it is parsed again, so that a recorded one can be started again', () => {
    const spec = parsed({
      compute: { cpu: '500m', memory: '2Gi', env: { A: 1, B: true }, procsPerReplica: 'auto' },
      limits: { total: null, silent: '1h30m' },
      package: { script: 'export.py', args: { half: true } },
      serve: { kind: 'local' },
      recipe: { kind: 'command', command: 'python3 -m x', args: ['a', '-b'] },
    });
    const again = parseSpec(JSON.parse(JSON.stringify(spec)));
    expect(again.ok ? canonicalJson(again.spec) : again.error).toBe(canonicalJson(spec));
    expect(spec.compute).toMatchObject({ cpu: 0.5, memory: 2 * 2 ** 30, env: { A: '1', B: 'true' } });
    expect(spec.limits.silent).toBe(5400);
  });

  it('takes names, descriptions and labels in any script', () => {
    const spec = parsed({ displayName: '手写数字识别', description: 'строка\nвторая', labels: { 组: 'عربي' } });
    expect([spec.displayName, spec.labels]).toEqual(['手写数字识别', { 组: 'عربي' }]);
  });

  it('takes refs/heads/ off the output branch', () => {
    expect(parsed({ output: { repo: 'https://h/o', branch: 'refs/heads/a/{run}' } }).output?.branch).toBe('a/{run}');
  });
});

describe('credentials', () => {
  const spec = parsed({
    credentials: 'shared',
    model: { repo: 'https://h/m', credentials: 'own' },
    dataset: { repo: 'https://h/d', credentials: null },
  });

  it('are the repository’s own, else the default of the spec, and none where null says so', () => {
    expect(remoteOf(spec, 'model')).toEqual({ url: 'https://h/m', credential: 'own' });
    expect(remoteOf(spec, 'output')?.credential).toBe('shared');
    expect(remoteOf(spec, 'dataset')?.credential).toBeNull();
  });

  it('belong to no repository that is not there', () => {
    expect(remoteOf(spec, 'code')).toBeNull();
  });
});

describe('canonical JSON', () => {
  it('is the same for the same values in another order', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: undefined }], a: null })).toBe(
      canonicalJson({ a: null, b: [1, { d: 1 }] }),
    );
    expect(canonicalJson({ a: 1 })).not.toBe(canonicalJson({ a: '1' }));
  });
});
