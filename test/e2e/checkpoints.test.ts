import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trainyard } from '../../client/index.ts';
import { runLines } from '../../client/cli/run-lines.ts';
import type { RunRecord } from '../../domain/record.ts';
import { savingRecipe } from '../support/saving-trainer.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { until } from '../support/until.ts';
import { makeWorld, type World } from '../support/world.ts';

let env: TemporalEnv;
let world: World;
let sdk: Trainyard;
beforeAll(async () => {
  env = await startTemporal();
  world = makeWorld({ address: env.address, taskQueue: 'checkpoints' });
  await world.startWorker();
  sdk = await world.sdk();
});
afterAll(async () => {
  await world.close();
  await env.stop();
});

const output = (runId: string, file: string): string => join(world.workspace, 'runs', runId, 'output', file);
const starts = (runId: string): string[] => readFileSync(output(runId, 'starts'), 'utf8').trim().split('\n');
const done = async (runId: string) => sdk.result(runId, { signal: AbortSignal.timeout(120_000) });

/** Nothing but training: no service, no branch. */
function training(recipe: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}) {
  const off = { output: null, package: null, evaluate: null, serve: null };
  return world.spec({ ...off, recipe, limits: { grace: '5s' }, ...more });
}

/** The supervisor of the first attempt's job. */
function supervisor(runId: string): number {
  const job = `${world.record(runId).plan.jobPrefix}-t1`;
  const claim: unknown = JSON.parse(
    readFileSync(join(world.workspace, 'runs', runId, 'jobs', job, 'claim.json'), 'utf8'),
  );
  const pid: unknown = Reflect.get(Object(Reflect.get(Object(claim), 'supervisor')), 'pid');
  if (typeof pid !== 'number') throw new Error(`no supervisor of ${job}`);
  return pid;
}

/** A run whose first attempt is ended when half of it is done. */
async function interrupted(signal: NodeJS.Signals): Promise<{ readonly runId: string; readonly record: RunRecord }> {
  const { runId } = await sdk.start(training(savingRecipe()));
  await until(() => existsSync(output(runId, 'checkpoints/step-5')));
  process.kill(supervisor(runId), signal);
  // As with a machine that loses its power: nobody is left to see how the trainer ended.
  if (signal === 'SIGKILL') for (const { pid } of world.processes()) process.kill(pid, signal);
  const view = await done(runId);
  expect(view.error).toBeNull();
  expect(view.attempts).toHaveLength(2);
  const lines = runLines(view, { lang: 'en', colour: false, now: new Date() }).join('\n');
  expect(lines).toMatch(/train 1 +failed .*lost, infrastructure: the supervisor/);
  expect(lines).toContain('from checkpoints/');
  return { runId, record: world.record(runId) };
}

describe('a run whose machine goes down at half of its training', () => {
  it('goes on from the newest checkpoint, and its record shows the seconds that were lost', async () => {
    const { runId, record } = await interrupted('SIGKILL');
    const [first, second] = record.attempts ?? [];
    expect(first).toMatchObject({
      phase: 'failed',
      resumedFrom: null,
      cause: { kind: 'lost', budget: 'infrastructure' },
      lostAcceleratorSeconds: 0,
    });
    // From the last step to when the supervisor was missed, and not from the start.
    const took = (Date.parse(first?.finishedAt ?? '') - Date.parse(first?.startedAt ?? '')) / 1000;
    expect(first?.lostSeconds).toBeGreaterThan(0);
    expect(first?.lostSeconds).toBeLessThan(took - 1);
    expect(Date.parse(first?.nextAt ?? '')).toBeGreaterThan(Date.parse(first?.finishedAt ?? ''));
    expect(second).toMatchObject({ phase: 'succeeded', cause: null, lostSeconds: 0 });
    const step = Number(/^checkpoints\/step-(\d+)$/.exec(second?.resumedFrom ?? '')?.[1]);
    expect([5, 6]).toContain(step);
    expect(starts(runId)).toEqual(['0', String(step)]);
  });

  it('goes on from what the trainer saved in its last seconds, when it was told to end', async () => {
    const { runId, record } = await interrupted('SIGTERM');
    const [first, second] = record.attempts ?? [];
    expect(second?.resumedFrom).toBe('checkpoints/told');
    expect(first?.lostSeconds).toBeLessThan(1);
    expect(starts(runId)).toHaveLength(2);
  });
});

describe('a run after a fault of its program', () => {
  it('goes on from the newest checkpoint', async () => {
    const recipe = savingRecipe();
    const { runId } = await sdk.start(
      training(recipe, { retries: { code: 1 }, compute: { env: { FAIL_AT: '4', STEP_SECONDS: '0.05' } } }),
    );
    await done(runId);
    expect(starts(runId)).toEqual(['0', '4']);
    expect(world.record(runId).attempts?.map((one) => one.cause?.budget ?? null)).toEqual(['code', null]);
  });

  it('begins anew where its recipe says so, and has lost all', async () => {
    const recipe = savingRecipe({ onCodeFailure: 'restart' });
    const { runId } = await sdk.start(
      training(recipe, { retries: { code: 1 }, compute: { env: { FAIL_AT: '4', STEP_SECONDS: '0.3' } } }),
    );
    await done(runId);
    expect(starts(runId)).toEqual(['0', '0']);
    const [first] = world.record(runId).attempts ?? [];
    expect(first?.lostSeconds).toBeGreaterThan(1);
  });
});

describe('a new run', () => {
  it("starts from an earlier run's newest checkpoint, and its record says whose", async () => {
    const quick = { compute: { env: { STEP_SECONDS: '0.02' } } };
    const { runId: from } = await sdk.start(training(savingRecipe(), quick));
    await done(from);
    const { runId } = await sdk.start(training(savingRecipe({ from }), quick));
    expect((await done(runId)).error).toBeNull();
    expect(starts(runId)).toEqual(['10']);
    const { warmStart, attempts } = world.record(runId);
    const path = 'checkpoints/step-10';
    expect(warmStart).toMatchObject({ runId: from, source: path, path });
    expect(attempts?.map((one) => one.resumedFrom)).toEqual([path]);
  });

  it('is refused before anything is spent when the earlier run is of another project', async () => {
    const { runId: from } = await sdk.start(training(savingRecipe(), { compute: { env: { STEP_SECONDS: '0.02' } } }));
    await done(from);
    const { runId } = await sdk.start(training(savingRecipe({ from }), { project: 'other' }));
    await expect(done(runId)).resolves.toMatchObject({ status: 'failed', error: { code: 'TY_CHECKPOINT_MISSING' } });
  });
});
