import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyRetention } from '../../../activities/apply-retention.ts';
import type { ActivityDeps } from '../../../activities/deps.ts';
import type { StepScope } from '../../../activities/step.ts';
import { takeOver } from '../../../activities/take-over.ts';
import { createWorkspace } from '../../../adapters/store/workspace-fs.ts';
import { modelCard } from '../../../domain/model-card.ts';
import type { Inherited } from '../../../domain/rerun.ts';
import type { RunRecord } from '../../../domain/record.ts';
import { initialView } from '../../../domain/run-reducer.ts';
import type { Workspace } from '../../../ports/workspace.ts';

const [BASE, RUN] = ['run-base-aaaaaa', 'run-next-bbbbbb'];
const scope: StepScope = { signal: new AbortController().signal, progress: () => undefined };

let root: string;
let workspace: Workspace;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'trainyard-take-over-'));
  workspace = createWorkspace({ root, minFreeBytes: 0, usage: async () => [] });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const deps = (): ActivityDeps => ({ workspace }) as unknown as ActivityDeps;

function record(runId: string, changes: Partial<RunRecord> = {}, inherited?: Inherited): RunRecord {
  const plan = {
    runId,
    name: 'digits',
    displayName: null,
    project: 'default',
    recipe: 'command',
    startedAt: '2026-01-01T00:00:00.000Z',
    model: null,
    code: null,
    dataset: null,
    package: {},
    output: {},
    serve: null,
    train: {},
    limits: { keepFailedSeconds: 0 },
    ...(inherited === undefined ? {} : { inherited }),
  };
  const first = initialView(runId, plan.startedAt);
  const stages = first.stages.map((stage) => ({ ...stage, status: 'done' }));
  const view = { ...first, stages, status: 'succeeded', finishedAt: '2026-01-02T00:00:00.000Z' };
  const ended = runId === BASE ? view : null;
  const blank = { checkouts: null, artifact: null, metrics: null, commit: null, spec: {} };
  return { schema: 1, runId, workflowId: runId, plan, view: ended, ...blank, ...changes } as unknown as RunRecord;
}

/** A run that was packaged and pushed, and one that goes on from it. */
async function scene(from: Inherited['from'], base: Partial<RunRecord> = {}): Promise<RunRecord> {
  const paths = await workspace.prepare(BASE);
  await workspace.prepare(RUN);
  await writeFile(join(paths.output, 'weights.bin'), 'weights');
  await mkdir(join(paths.package, 'digits/1'), { recursive: true });
  await writeFile(join(paths.package, 'digits/1/model.torchscript'), 'module');
  await writeFile(join(paths.package, 'trainyard.json'), '{}');
  await writeFile(paths.metrics, '{"loss":1}\n');
  await workspace.writeRecord(record(BASE, base));
  const reused = from === 'package' ? (['fetch', 'train'] as const) : (['fetch', 'train', 'package'] as const);
  const made = record(RUN, {}, { runId: BASE, from, reused, commit: null, metrics: null });
  await workspace.writeRecord(made);
  return made;
}

const inRun = (...path: readonly string[]): string => join(workspace.paths(RUN).root, ...path);

describe('what a run takes over', () => {
  it('is what the stages ahead need, with its digest in the record', async () => {
    await scene('package');
    await takeOver(deps(), scope, { runId: RUN });
    expect(await readFile(inRun('output/weights.bin'), 'utf8')).toBe('weights');
    expect(await readFile(inRun('metrics.jsonl'), 'utf8')).toBe('{"loss":1}\n');
    const { takenOver, artifact } = (await workspace.readRecord(RUN)) ?? record(RUN);
    expect(takenOver?.output?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect({ package: takenOver?.package, artifact }).toEqual({ package: undefined, artifact: null });
  });

  it('is brought once: a second try leaves it as the stages since have made it', async () => {
    await scene('package');
    await takeOver(deps(), scope, { runId: RUN });
    await writeFile(inRun('output/weights.bin'), 'more');
    await takeOver(deps(), scope, { runId: RUN });
    expect(await readFile(inRun('output/weights.bin'), 'utf8')).toBe('more');
  });

  it('leaves out what the push of the other run wrote about that run, and keeps a card that somebody else wrote', async () => {
    await scene('push');
    const card = join(workspace.paths(BASE).package, 'README.md');
    const { plan, spec } = record(BASE);
    const module = { path: 'digits/1/model.torchscript', bytes: 6 };
    const sha256 = createHash('sha256').update('module').digest('hex');
    const pushed = modelCard({ plan, spec, artifact: { ...module, sha256 }, metrics: null });
    await writeFile(card, pushed);
    await takeOver(deps(), scope, { runId: RUN });
    await expect(readFile(inRun('package/README.md'))).rejects.toThrow();
    await expect(readFile(inRun('package/trainyard.json'))).rejects.toThrow();
    await workspace.writeRecord(await scene('push'));
    await writeFile(card, `${pushed}and more`);
    await takeOver(deps(), scope, { runId: RUN });
    expect(await readFile(inRun('package/README.md'), 'utf8')).toContain('and more');
  });

  it('is refused when the artifact is not the one that the other run told of', async () => {
    const artifact = { path: 'digits/1/model.torchscript', sha256: '0'.repeat(64), bytes: 6 };
    await scene('push', { artifact });
    await expect(takeOver(deps(), scope, { runId: RUN })).rejects.toMatchObject({
      code: 'TY_RERUN_CHANGED',
      details: { fix: `trainyard run rerun ${BASE} --from package` },
    });
    expect((await workspace.readRecord(RUN))?.takenOver).toBeUndefined();
  });

  it('is refused when the other run had taken over something else itself', async () => {
    await scene('package', { takenOver: { output: { digest: '1'.repeat(64), bytes: 7 } } });
    await expect(takeOver(deps(), scope, { runId: RUN })).rejects.toMatchObject({ code: 'TY_RERUN_CHANGED' });
  });
});

describe('retention', () => {
  it('removes outputs first, says so in the record, and then the run', async () => {
    await scene('package');
    const kept = { runsSeconds: 20 * 86_400, outputsSeconds: 10 * 86_400 };
    const at = (days: number): number => Date.parse('2026-01-02T00:00:00Z') + days * 86_400_000;
    expect(await applyRetention(workspace, kept, at(9))).toEqual({ runs: [], outputs: [] });
    expect(await applyRetention(workspace, kept, at(11))).toEqual({ runs: [], outputs: [BASE] });
    expect(await readFile(workspace.paths(BASE).metrics, 'utf8')).toContain('loss');
    await expect(readFile(join(workspace.paths(BASE).output, 'weights.bin'))).rejects.toThrow();
    expect((await workspace.readRecord(BASE))?.outputsRemovedAt).toBe(new Date(at(11)).toISOString());
    expect(await applyRetention(workspace, kept, at(12))).toEqual({ runs: [], outputs: [] });
    expect(await applyRetention(workspace, kept, at(20))).toEqual({ runs: [BASE], outputs: [] });
    // The one that has not ended stays, whatever its age.
    expect((await workspace.listRecords()).map(({ runId }) => runId)).toEqual([RUN]);
  });
});
