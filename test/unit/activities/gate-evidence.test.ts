import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepDecision, offerBehind, offerGate, type EvidenceDeps } from '../../../activities/gate-evidence.ts';
import { createWorkspace } from '../../../adapters/store/workspace-fs.ts';
import { gateView, openGate } from '../../../domain/gates/decide.ts';
import type { GatePlan } from '../../../domain/gates/gate.ts';
import type { Plan } from '../../../domain/plan.ts';
import type { RunRecord } from '../../../domain/record.ts';

const RUN = 'run-digits-k3x9';
const NOW = '2026-11-23T10:00:00.000Z';
const scope = { signal: new AbortController().signal, progress: () => {} };

const gate: GatePlan = {
  stage: 'push',
  metric: 'accuracy >= 0.9 and regress(accuracy) < 0.01',
  otherwise: 'ask',
  baseline: { kind: 'run', run: 'run-digits-base' },
  approvers: [],
  quorum: 1,
  notRequester: false,
  deadlineSeconds: 7200,
  onDeadline: 'reject',
  remindSeconds: 3600,
  unsigned: true,
};

let root: string;
let deps: EvidenceDeps;

function record(changes: Partial<RunRecord> = {}, gates: readonly GatePlan[] = [gate]): RunRecord {
  const plan = {
    runId: RUN,
    name: 'digits',
    displayName: null,
    project: 'default',
    model: { kind: 'git', url: 'https://git.example/m', ref: 'main', commit: 'a'.repeat(40), credential: null },
    code: null,
    dataset: null,
    output: { url: 'https://git.example/out', branch: 'b', credential: null },
    package: { roles: [] },
    serve: null,
    gates,
  } as unknown as Plan;
  const spec = {
    recipe: { kind: 'torchrun', args: { lr: 0.1 } },
    compute: { image: 'i', env: { API_TOKEN: 'hush' } },
    evaluate: { script: 'e.py', env: { API_KEY: 'hush' } },
  };
  return { schema: 1, runId: RUN, plan, spec, commit: null, metrics: null, view: null, ...changes } as RunRecord;
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'trainyard-evidence-'));
  const workspace = createWorkspace({ root, minFreeBytes: 0, usage: async () => [] });
  deps = { workspace, serving: { list: async () => [] } as unknown as EvidenceDeps['serving'] };
  await workspace.prepare(RUN);
  await workspace.writeRecord(record());
  await writeFile(join(workspace.paths(RUN).package, 'metrics.json'), '{"accuracy": 0.93}');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function baseline(accuracy: number): Promise<void> {
  await mkdir(deps.workspace.paths('run-digits-base').root, { recursive: true });
  await deps.workspace.writeRecord({ ...record(), runId: 'run-digits-base', metrics: { accuracy } });
}

describe('what a gate is offered', () => {
  it('comes with the stage before it, and with no other', async () => {
    expect(await offerBehind(deps, record(), 'train')).toEqual({});
    const { offer } = await offerBehind(deps, record(), 'package');
    expect(offer?.evidence).toMatchObject({
      stage: 'push',
      commits: { model: 'a'.repeat(40) },
      metrics: { accuracy: 0.93 },
      params: { recipe: { args: { lr: 0.1 } }, output: { repo: 'https://git.example/out', branch: 'b' } },
    });
    expect(JSON.stringify(offer)).not.toContain('hush');
  });

  it('has another digest when anything of it differs, and the same when nothing does', async () => {
    const digestOf = async (changed: RunRecord) => (await offerBehind(deps, changed, 'package')).offer?.digest;
    const first = await digestOf(record());
    expect(await digestOf(record())).toBe(first);
    const other = record();
    const output = { ...other.plan.output, branch: 'c' };
    expect(await digestOf({ ...other, plan: { ...other.plan, output } as Plan })).not.toBe(first);
    expect(await digestOf(record({ spec: { recipe: { args: { lr: 0.2 } } } }))).not.toBe(first);
    await writeFile(join(deps.workspace.paths(RUN).package, 'metrics.json'), '{"accuracy": 0.94}');
    expect(await digestOf(record())).not.toBe(first);
  });

  it('is checked against the baseline, and says which number is missing', async () => {
    const check = async () => (await offerGate(deps, scope, { runId: RUN, stage: 'push' })).check;
    expect(await check()).toMatchObject({ holds: false, text: expect.stringContaining('there is no baseline') });
    await baseline(0.935);
    expect(await check()).toMatchObject({ holds: true });
    await baseline(0.99);
    expect(await check()).toMatchObject({ holds: false, text: expect.stringContaining('regress(accuracy) 0.06') });
  });

  it('takes what the service serves now as the baseline', async () => {
    const serving = { list: async () => [{ service: 'digits', version: 'v1' }] } as unknown as EvidenceDeps['serving'];
    const published = join(root, 'published', 'digits', 'v1');
    await mkdir(published, { recursive: true });
    await writeFile(join(published, 'metrics.json'), '{"accuracy": 0.9}');
    const base = record({}, [{ ...gate, baseline: { kind: 'serving' } }]);
    const plan = { ...base.plan, serve: { kind: 'local', service: 'digits' } } as Plan;
    const { offer } = await offerBehind({ ...deps, serving }, { ...base, plan }, 'package');
    expect(offer?.evidence.baseline).toEqual({ name: 'digits v1', metrics: { accuracy: 0.9 } });
    expect(offer?.check?.holds).toBe(true);
  });
});

describe('what is told of a gate', () => {
  it('is that it waits, once, with its reminders; nothing where its metric lets the run pass', async () => {
    await offerBehind(deps, record(), 'package');
    await offerBehind(deps, record(), 'package');
    const told = async () =>
      (await readdir(join(deps.workspace.paths(RUN).root, 'outbox'))).map((name) => name.split('.')[1]);
    expect(await told()).toEqual(['gate-reminder', 'gate-waiting']);
    await rm(join(deps.workspace.paths(RUN).root, 'outbox'), { recursive: true });
    await baseline(0.93);
    await offerBehind(deps, record(), 'package');
    await expect(told()).rejects.toThrow('ENOENT');
  });

  it('keeps a decision in the record once, however often the step is tried', async () => {
    const { offer } = await offerBehind(deps, record(), 'package');
    if (offer === undefined) throw new Error('there is no offer');
    const open = openGate({ run: RUN, plan: gate, offer, requester: null }, NOW);
    const decided = { ...gateView(open), state: 'approved', by: 'people', decidedAt: NOW } as const;
    await keepDecision(deps, record(), decided);
    await keepDecision(deps, record(), decided);
    expect((await deps.workspace.readRecord(RUN))?.gates).toEqual([decided]);
  });
});
