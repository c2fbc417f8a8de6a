import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makePlan, summarize } from '../../../activities/make-plan.ts';
import type { Plan } from '../../../domain/plan.ts';
import { parseSpec } from '../../../spec/training-spec.ts';
import { specInput } from '../spec/spec-builder.ts';

const runId = 'run-digits-k3x9';
const pin = (url: string) => ({
  kind: 'git' as const,
  url,
  credential: null,
  ref: 'refs/heads/main',
  commit: 'a'.repeat(40),
});

function plan(parts: Readonly<Record<string, unknown>> = {}, id = runId): Plan {
  const parsed = parseSpec(specInput(parts));
  if (!parsed.ok) throw parsed.error;
  return makePlan({
    spec: parsed.spec,
    runId: id,
    runDigest: createHash('sha256').update(id).digest(),
    startedAt: '2026-11-22T09:08:07.000Z',
    pins: {
      model: pin('https://git.example/ml/digits'),
      code: null,
      dataset: pin('https://git.example/ml/digits-data'),
    },
    site: { name: 'local', settings: null },
    taskQueue: 'trainyard',
    author: 'Trainyard <trainyard@localhost>',
    gates: [],
    requester: null,
    slot: null,
  });
}

const WHOLE = {
  package: { script: 'export.py' },
  evaluate: { script: 'evaluate.py', args: { split: 'test' } },
  serve: { kind: 'local' },
  compute: { replicas: 2, cpu: 1, memory: '1Gi', env: { SEED: 7 } },
  limits: { starting: '20s', silent: '1m', grace: '5s' },
};

describe('a plan', () => {
  it('names the output branch from the start of the run', () => {
    expect(plan().output).toEqual({
      url: 'https://git.example/ml/digits-out',
      credential: null,
      branch: 'digits-20261122-090807',
    });
  });

  it('trains on the replicas asked for, with their bounds and deadlines', () => {
    expect(plan(WHOLE).train).toEqual({
      purpose: 'train',
      roles: [
        {
          name: 'worker',
          replicas: 2,
          procsPerReplica: 1,
          launcher: 'torchrun',
          steps: [{ name: 'train', argv: ['python3', 'train.py', '--epochs=3'], cwd: 'code' }],
          env: { SEED: '7' },
        },
      ],
      resources: { cpu: 1, memoryBytes: 2 ** 30, openFiles: 16_384 },
      graceSeconds: 5,
      deadlines: { startingSeconds: 20, silentSeconds: 60 },
      rendezvousPort: null,
    });
  });

  it('packages in one process: export, layout, evaluation', () => {
    const job = plan(WHOLE).package;
    expect(
      job?.roles.map(({ replicas, launcher, steps }) => [replicas, launcher, steps.map((step) => step.argv)]),
    ).toEqual([
      [
        1,
        'plain',
        [
          ['python3', 'export.py'],
          ['python3', '{assets}/serving/torchscript_layout.py'],
          ['python3', 'evaluate.py', '--split=test'],
        ],
      ],
    ]);
    expect(job?.resources).toEqual({ cpu: 1, memoryBytes: 2 ** 30, openFiles: 16_384 });
  });

  it('gives packaging its own compute where the spec does', () => {
    const job = plan({ package: { script: 'e.py', compute: { cpu: '500m' } }, compute: { memory: '1Gi' } }).package;
    expect(job?.resources).toMatchObject({ cpu: 0.5, memoryBytes: null });
  });

  it('requires every script once', () => {
    expect(plan({ ...WHOLE, evaluate: { script: 'train.py' } }).requiredFiles).toEqual(['train.py', 'export.py']);
  });

  it('ends a silent job only when the spec says so', () => {
    expect(plan().train.deadlines).toEqual({ startingSeconds: 3600, silentSeconds: null });
  });

  it('takes one process a replica for auto', () => {
    expect(plan({ compute: { procsPerReplica: 'auto' } }).train.roles[0]?.procsPerReplica).toBe(1);
  });

  it('has the same digest for the same spec and another for another', () => {
    expect(plan({ labels: { a: '1', b: '2' } }).specDigest).toBe(
      plan({ labels: { b: '2', a: '1' } }, 'run-other').specDigest,
    );
    expect(plan({ compute: { replicas: 2 } }).specDigest).not.toBe(plan().specDigest);
    expect(plan().specDigest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('names jobs after the run, within the limits of every backend', () => {
    const long = plan({ name: `a${'-b'.repeat(19)}` }).jobPrefix;
    expect(long).toMatch(/^[a-z][-a-z0-9]*-[a-z2-7]{8}$/);
    expect(long.length).toBeLessThanOrEqual(29);
    expect(plan({}, 'run-1').jobPrefix).not.toBe(plan({}, 'run-2').jobPrefix);
  });

  it('refuses a branch that only this run makes impossible', () => {
    const parts = { output: { repo: 'https://h/o', branch: '{run}' } };
    expect(() => plan(parts, 'run-a.lock')).toThrow(expect.objectContaining({ code: 'TY_SPEC_REF' }));
  });

  it('is small JSON that comes back as it went', () => {
    const made = plan(WHOLE);
    const text = JSON.stringify(made);
    expect(JSON.parse(text)).toEqual(made);
    expect(text.length).toBeLessThan(8192);
  });
});

describe('the summary of a plan', () => {
  it('lists all stages of a whole run', () => {
    expect(summarize(plan(WHOLE))).toMatchObject({
      stages: ['resolve', 'fetch', 'train', 'package', 'push', 'register'],
      output: { url: 'https://git.example/ml/digits-out', branch: 'digits-20261122-090807' },
      modelRepo: 'https://git.example/ml/digits',
      datasetRepo: 'https://git.example/ml/digits-data',
      graceSeconds: 5,
    });
  });

  it('leaves out what the spec switches off', () => {
    expect(summarize(plan({ output: null })).stages).toEqual(['resolve', 'fetch', 'train']);
    expect(summarize(plan({ ...WHOLE, serve: { kind: 'none' } })).stages).not.toContain('register');
    expect(summarize(plan({ package: { kind: 'none' } })).stages).not.toContain('package');
  });
});
