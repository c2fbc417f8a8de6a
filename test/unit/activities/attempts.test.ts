import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginAttempt, costOf, resuming } from '../../../activities/attempts.ts';
import { needRecord } from '../../../activities/records.ts';
import { findWarmStart, placeWarmStart } from '../../../activities/warm-start.ts';
import { createWorkspace } from '../../../adapters/store/workspace-fs.ts';
import { endedAttempt } from '../../../domain/attempt.ts';
import type { AttemptRecord, AttemptView } from '../../../domain/attempt.ts';
import type { CheckpointPlan } from '../../../domain/checkpoint.ts';
import type { RetryBudget } from '../../../domain/job.ts';
import type { RunRecord } from '../../../domain/record.ts';
import type { Workspace } from '../../../ports/workspace.ts';
import { causeOf, verdictOf } from '../../support/fake-activities.ts';
import { jobRequest } from '../../support/job-request.ts';

const RUN = 'run-digits-abcdef';
const OLD = 'run-digits-before';
const CHECKPOINT: CheckpointPlan = {
  path: 'checkpoints',
  resume: ['--resume={checkpoint}'],
  onCodeFailure: 'resume',
  from: null,
};

let root: string;
let workspace: Workspace;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'trainyard-attempts-'));
  workspace = createWorkspace({ root, minFreeBytes: 0, usage: async () => [] });
  await planned(RUN);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A run of which only the plan of training is known. */
async function planned(runId: string, checkpoint: Partial<CheckpointPlan> = {}, project = 'default'): Promise<void> {
  const { plan } = jobRequest({ root, runId });
  const train = { ...plan, checkpoint: { ...CHECKPOINT, ...checkpoint } };
  await workspace.prepare(runId);
  const record = { schema: 1, runId, plan: { runId, project, train, package: null } };
  await workspace.writeRecord(record as unknown as RunRecord);
}

/** Writes into the output folder; `second` is when. */
async function left(path: string, second: number, runId = RUN): Promise<void> {
  const file = join(workspace.paths(runId).output, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `at ${second}`);
  await utimes(file, second, second);
}

const begin = async (attempt: number, previous?: AttemptView): Promise<AttemptRecord> => {
  const ref = { runId: RUN, purpose: 'train', attempt, ...(previous === undefined ? {} : { previous }) } as const;
  return beginAttempt({ workspace }, await needRecord(workspace, RUN), ref, `digits-abcdefgh-t${attempt}`);
};

function failed(attempt: AttemptView, budget: RetryBudget): AttemptView {
  const job = { runId: RUN, purpose: attempt.purpose, attempt: attempt.attempt };
  return endedAttempt(attempt, verdictOf(job, { phase: 'failed', cause: causeOf({ budget }) }));
}

describe('an attempt', () => {
  it('goes on from nothing when it is the first, whatever lies in the output folder', async () => {
    await left('checkpoints/step-3', 30);
    expect((await begin(1)).resumedFrom).toBeNull();
  });

  it.each(['infrastructure', 'code'] as const)('goes on from the newest after a fault of %s', async (budget) => {
    const first = await begin(1);
    await left('checkpoints/step-3', 30);
    await left('checkpoints/step-2', 20);
    await left('checkpoints/step-4.tmp', 40);
    expect((await begin(2, failed(first, budget))).resumedFrom).toBe('checkpoints/step-3');
  });

  it('begins anew after an infrastructure fault that left no checkpoint', async () => {
    expect((await begin(2, failed(await begin(1), 'infrastructure'))).resumedFrom).toBeNull();
  });

  it('is decided once: a second try finds the decision of the first', async () => {
    const first = await begin(1);
    await left('checkpoints/step-3', 30);
    const second = await begin(2, failed(first, 'infrastructure'));
    await left('checkpoints/step-9', 90);
    expect(await begin(2, failed(first, 'infrastructure'))).toEqual(second);
    expect((await needRecord(workspace, RUN)).attempts).toHaveLength(2);
  });

  it('writes down how the one before ended', async () => {
    const first = await begin(1);
    await begin(2, failed(first, 'infrastructure'));
    const { attempts } = await needRecord(workspace, RUN);
    expect(attempts?.map(({ phase }) => phase)).toEqual(['failed', 'running']);
  });

  it('begins anew after a fault of the program where the recipe says so, also for those after it', async () => {
    await planned(RUN, { onCodeFailure: 'restart' });
    const first = await begin(1);
    await left('checkpoints/step-3', 30);
    const second = await begin(2, failed(first, 'code'));
    expect(second.resumedFrom).toBeNull();
    // Preempted before it saved anything: what the failed attempt left is still not to be used.
    const third = await begin(3, failed(second, 'infrastructure'));
    expect(third.resumedFrom).toBeNull();
    await left('checkpoints/step-1', 50);
    expect((await begin(4, failed(third, 'infrastructure'))).resumedFrom).toBe('checkpoints/step-1');
  });

  it('of packaging goes on from nothing', async () => {
    await left('checkpoints/step-3', 30);
    const ref = { runId: RUN, purpose: 'package', attempt: 2 } as const;
    const attempt = await beginAttempt({ workspace }, await needRecord(workspace, RUN), ref, 'digits-abcdefgh-p2');
    expect(attempt.resumedFrom).toBeNull();
  });

  it('that goes on has the arguments for it behind its own, in the training step alone', async () => {
    const { plan } = jobRequest({ root, argv: ['train', '--epochs=3'] });
    const resumed = resuming({ ...plan, checkpoint: CHECKPOINT });
    expect(resumed.roles[0]?.steps[0]?.argv).toEqual(['train', '--epochs=3', '--resume={checkpoint}']);
  });
});

describe('what is at the declared path', () => {
  const resumed = async (): Promise<string | null> => {
    const first = await begin(1);
    return (await begin(2, failed(first, 'infrastructure'))).resumedFrom;
  };

  it('may be a file', async () => {
    await planned(RUN, { path: 'weights/last.pt' });
    await left('weights/last.pt', 10);
    expect(await resumed()).toBe('weights/last.pt');
  });

  it('may be folders, whose age is that of the files in them', async () => {
    await planned(RUN, { path: 'checkpoint-*' });
    await left('checkpoint-500/model.bin', 4_000_000_000);
    await left('checkpoint-600/model.bin', 10);
    await left('logs/now', 4_100_000_000);
    expect(await resumed()).toBe('checkpoint-500');
  });

  it('does not count when it is empty', async () => {
    await mkdir(join(workspace.paths(RUN).output, 'checkpoints/step-9'), { recursive: true });
    await writeFile(join(workspace.paths(RUN).output, 'checkpoints/step-8'), '');
    expect(await resumed()).toBeNull();
  });

  it('does not count when it is a link out of the output folder, and counts when it is one within', async () => {
    const { output } = workspace.paths(RUN);
    await left('checkpoints/step-3', 30);
    await symlink('/etc/passwd', join(output, 'checkpoints', 'outside'));
    expect(await resumed()).toBe('checkpoints/step-3');
    await symlink('step-3', join(output, 'checkpoints', 'zzz-latest'));
    expect((await begin(3)).resumedFrom).toBe('checkpoints/zzz-latest');
  });
});

describe('a warm start', () => {
  it('copies the newest checkpoint of the earlier run once, and notes where it came from', async () => {
    await planned(OLD);
    await left('checkpoints/step-7/weights', 70, OLD);
    await planned(RUN, { from: OLD });
    await placeWarmStart({ workspace }, await needRecord(workspace, RUN));
    await left('checkpoints/step-8/weights', 80, OLD);
    await placeWarmStart({ workspace }, await needRecord(workspace, RUN));
    const path = 'checkpoints/step-7';
    expect((await needRecord(workspace, RUN)).warmStart).toMatchObject({ runId: OLD, source: path, path });
    expect((await begin(1)).resumedFrom).toBe(path);
  });

  it('is what an attempt begins with again that is to begin anew', async () => {
    await planned(OLD);
    await left('checkpoints/step-7', 70, OLD);
    await planned(RUN, { from: OLD, onCodeFailure: 'restart' });
    await placeWarmStart({ workspace }, await needRecord(workspace, RUN));
    const first = await begin(1);
    await left('checkpoints/step-9', 90);
    expect((await begin(2, failed(first, 'code'))).resumedFrom).toBe('checkpoints/step-7');
  });

  it('is placed before the next attempt of a run that was changed to have one, and left alone once it has none', async () => {
    await planned(OLD);
    await left('checkpoints/step-7', 70, OLD);
    const first = await begin(1);
    await planned(RUN, { from: OLD, onCodeFailure: 'restart' });
    expect((await begin(2, failed(first, 'code'))).resumedFrom).toBe('checkpoints/step-7');
    const changed = await needRecord(workspace, RUN);
    const train = { ...changed.plan.train, checkpoint: { ...CHECKPOINT, onCodeFailure: 'restart' as const } };
    await workspace.writeRecord({ ...changed, plan: { ...changed.plan, train } });
    expect((await begin(3, failed(first, 'code'))).resumedFrom).toBeNull();
  });

  it.each([
    ['there is no such run', async () => {}],
    ['it is of another project', () => planned(OLD, {}, 'other').then(() => left('checkpoints/step-7', 70, OLD))],
    ['it has left no checkpoint', () => planned(OLD)],
  ])('is refused when %s', async (_why, prepare) => {
    await prepare();
    await planned(RUN, { from: OLD });
    const { plan } = await needRecord(workspace, RUN);
    await expect(findWarmStart({ workspace }, plan)).rejects.toMatchObject({ code: 'TY_CHECKPOINT_MISSING' });
  });

  it('is told of a run of another project in the same words as of one that is not there', async () => {
    await planned(RUN, { from: OLD });
    const { plan } = await needRecord(workspace, RUN);
    const said = (): Promise<unknown> => findWarmStart({ workspace }, plan).catch((error: unknown) => error);
    const nothing = await said();
    await planned(OLD, {}, 'other');
    expect(await said()).toEqual(nothing);
  });
});

describe('what a job cost', () => {
  const verdict = (budget: RetryBudget) => ({
    ...verdictOf({ runId: RUN, purpose: 'train', attempt: 1 }, { phase: 'failed', cause: causeOf({ budget }) }),
    startedAt: '1970-01-01T00:00:10.000Z',
    finishedAt: '1970-01-01T00:01:00.000Z',
  });
  const job = { runId: RUN, purpose: 'train' } as const;

  it('is lost from the newest checkpoint on', async () => {
    await left('checkpoints/step-3', 40);
    expect(await costOf({ workspace }, job, verdict('infrastructure'))).toMatchObject({ lostSeconds: 20 });
  });

  it('is lost from the start where the next attempt is to begin anew', async () => {
    await planned(RUN, { onCodeFailure: 'restart' });
    await left('checkpoints/step-3', 40);
    expect(await costOf({ workspace }, job, verdict('code'))).toMatchObject({ lostSeconds: 50 });
  });

  it('is not known where the record is gone', async () => {
    expect(await costOf({ workspace }, { ...job, runId: 'run-gone-abcdef' }, verdict('code'))).toBeUndefined();
  });
});
