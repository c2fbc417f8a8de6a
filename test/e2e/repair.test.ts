import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trainyard } from '../../client/index.ts';
import type { RunView } from '../../domain/run-state.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { makeWorld, type World } from '../support/world.ts';

const SETTLED = 240_000;

let env: TemporalEnv;
let world: World;
let sdk: Trainyard;

beforeAll(async () => {
  env = await startTemporal();
  world = makeWorld({ address: env.address, taskQueue: 'repair', trainSeconds: 0 });
  await world.startWorker();
  sdk = await world.sdk();
});

afterAll(async () => {
  await world.close();
  await env.stop();
});

/** A spec whose packaging gets an argument that its script refuses. */
function wrong(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const script = 'test "$0" = --opset=17 || { echo "bad argument $0" >&2; exit 9; }; sh export.sh';
  return world.spec({ package: { command: ['sh', '-c', script], args: { opset: 99 } }, ...changes });
}

const MENDED = ['package.args.opset=17'];

async function untilSettled(runId: string): Promise<RunView> {
  let last: RunView | null = null;
  for await (const view of sdk.watch(runId, { signal: AbortSignal.timeout(SETTLED) })) {
    last = view;
    if (view.status === 'parked') break;
  }
  if (last === null) throw new Error(`${runId} was never seen`);
  return last;
}

/** Jobs that a run's history has submitted, by purpose. */
async function submitted(runId: string): Promise<readonly string[]> {
  const { events } = await env.client.workflow.getHandle(runId).fetchHistory();
  return (events ?? []).flatMap((event) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name !== 'submitJob') return [];
    const text = Buffer.from(scheduled.input?.payloads?.[0]?.data ?? []).toString();
    return [(JSON.parse(text) as { readonly purpose: string }).purpose];
  });
}

/** Processes of training that have been started for a run: each writes its number down. */
function trainings(runId: string): number {
  return readFileSync(join(world.workspace, 'runs', runId, 'output', 'starts'), 'utf8')
    .trim()
    .split('\n').length;
}

const statuses = (view: RunView): Readonly<Record<string, string>> =>
  Object.fromEntries(view.stages.map(({ name, status }) => [name, status]));

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('a trained run with a wrong packaging argument', () => {
  it('that waits for a person is mended in place by one command, and not trained again', async () => {
    const { runId } = await sdk.start(wrong({ onFailure: 'pause' }));
    const parked = await untilSettled(runId);
    expect({ status: parked.status, stage: parked.stage }).toEqual({ status: 'parked', stage: 'package' });

    const refused = sdk.repair(runId, { action: 'retry', set: ['recipe.command=[sh, other.sh]'] });
    await expect(refused).rejects.toMatchObject({
      code: 'TY_RUN_FIELD_READ',
      details: { fix: `trainyard run rerun ${runId} --from train --set 'recipe.command=[sh, other.sh]'` },
    });
    expect((await sdk.get(runId)).status).toBe('parked');

    await sdk.repair(runId, { action: 'retry', set: MENDED });
    const end = await sdk.result(runId, { signal: AbortSignal.timeout(SETTLED) });
    expect(end.error).toBeNull();
    expect(statuses(end)).toMatchObject({ train: 'done', package: 'done', push: 'done', register: 'done' });
    expect(await submitted(runId)).toEqual(['train', 'package', 'package']);
    expect(trainings(runId)).toBe(1);
    const record = world.record(runId);
    expect(record.amendments?.map(({ stage, fields }) => ({ stage, fields }))).toEqual([
      { stage: 'package', fields: ['package.args.opset'] },
    ]);
    expect(record.spec).toMatchObject({ package: { args: { opset: 17 } } });
  });

  it('that has failed goes on as a new run, whose history has no training', async () => {
    const { runId: of } = await sdk.start(wrong());
    const failed = await sdk.result(of, { signal: AbortSignal.timeout(SETTLED) });
    expect({ status: failed.status, stage: failed.stage }).toEqual({ status: 'failed', stage: 'package' });

    const { runId } = await sdk.rerun(of, { from: 'package', set: MENDED });
    const end = await sdk.result(runId, { signal: AbortSignal.timeout(SETTLED) });
    expect(end.error).toBeNull();
    expect(statuses(end)).toEqual({
      resolve: 'done',
      fetch: 'reused',
      train: 'reused',
      package: 'done',
      push: 'done',
      register: 'done',
    });
    expect(await submitted(runId)).toEqual(['package']);
    expect(end.rerunOf).toEqual({ runId: of, from: 'package' });
    expect(trainings(runId)).toBe(1);

    const [base, record] = [world.record(of), world.record(runId)];
    expect(record.plan.model).toEqual(base.plan.model);
    expect(record.plan.dataset).toEqual(base.plan.dataset);
    expect(record.plan.output?.branch).not.toBe(base.plan.output?.branch);
    expect(record.rerunOf).toEqual({ runId: of, from: 'package' });
    expect(record.takenOver?.output?.digest).toMatch(/^[0-9a-f]{64}$/);
    const weights = (id: string): string => join(world.workspace, 'runs', id, 'output', 'model.torchscript');
    expect(sha256(weights(runId))).toBe(sha256(weights(of)));
    // A copy of its own: what happens to the first run's files is nothing to the second.
    rmSync(weights(of));
    expect(existsSync(weights(runId))).toBe(true);
  });
});

describe('a run that goes on from another', () => {
  let of: string;

  beforeAll(async () => {
    ({ runId: of } = await sdk.start(world.spec()));
    expect((await sdk.result(of, { signal: AbortSignal.timeout(SETTLED) })).status).toBe('succeeded');
  });

  it('from push brings the same artifact to a branch of its own, and says where it comes from', async () => {
    const { runId } = await sdk.rerun(of, { from: 'push', set: ['serve=null'] });
    const end = await sdk.result(runId, { signal: AbortSignal.timeout(SETTLED) });
    expect(end.error).toBeNull();
    expect(statuses(end)).toMatchObject({ train: 'reused', package: 'reused', push: 'done', register: 'off' });
    expect(await submitted(runId)).toEqual([]);
    const [base, record] = [world.record(of), world.record(runId)];
    expect(record.artifact).toEqual(base.artifact);
    expect(record.metrics).toEqual({ accuracy: 0.5 });
    expect(record.commit).not.toBe(base.commit);
    const tree = join(world.workspace, 'runs', runId, 'package');
    expect(JSON.parse(readFileSync(join(tree, 'trainyard.json'), 'utf8'))).toMatchObject({
      run: runId,
      rerunOf: { run: of, from: 'push' },
    });
    // The card that the first push wrote tells of the first run.
    expect(readFileSync(join(tree, 'README.md'), 'utf8')).toContain(runId);
  });

  it('from register serves the commit that is there, started by any client of Temporal', async () => {
    const workflowId = 'taken-up-by-hand';
    const rerun = { of, from: 'register', set: ['serve.service=second'] };
    await env.client.workflow.start('trainingRun', { workflowId, taskQueue: 'repair', args: [null, { rerun }] });
    const end = await sdk.result(workflowId, { signal: AbortSignal.timeout(SETTLED) });
    expect(end.error).toBeNull();
    expect(end.service?.name).toBe('second');
    expect(end.output).toEqual((await sdk.get(of)).output);
    expect(statuses(end)).toMatchObject({ push: 'reused', register: 'done' });
  });

  it.each([
    [
      'a field that an earlier stage has read',
      { from: 'push', set: ['package.args.x=1'] },
      'TY_RUN_FIELD_READ',
      'package',
    ],
    ['the name', { from: 'train', set: ['name=another'] }, 'TY_RUN_FIELD_READ', 'resubmit'],
    ['a stage that the spec switches off', { from: 'register', set: ['serve=null'] }, 'TY_RERUN_REFUSED', 'push'],
  ] as const)('is refused for %s, with the command that works', async (_claim, options, code, fix) => {
    const { runId } = await sdk.rerun(of, options);
    const end = await sdk.result(runId, { signal: AbortSignal.timeout(SETTLED) });
    expect({ stage: end.stage, code: end.error?.code }).toEqual({ stage: 'resolve', code });
    expect(end.error?.fix).toContain(fix);
  });

  it('is refused once the files it needs are gone, and says from where it is still possible', async () => {
    const { runId: base } = await sdk.start(world.spec({ serve: null }));
    await sdk.result(base, { signal: AbortSignal.timeout(SETTLED) });
    rmSync(join(world.workspace, 'runs', base, 'package'), { recursive: true });
    const { runId } = await sdk.rerun(base, { from: 'push' });
    const end = await sdk.result(runId, { signal: AbortSignal.timeout(SETTLED) });
    expect(end.error).toMatchObject({ code: 'TY_RERUN_REFUSED', fix: `trainyard run rerun ${base} --from package` });
    expect(end.error?.why).toContain('its package has been removed');
  });

  it('is refused while the other one still runs', async () => {
    const { runId: busy } = await sdk.start(
      world.spec({ recipe: { kind: 'command', command: ['sleep', '600'] }, onFailure: 'pause' }),
    );
    for await (const view of sdk.watch(busy, { signal: AbortSignal.timeout(SETTLED) }))
      if (view.stage === 'train') break;
    const { runId } = await sdk.rerun(busy, { from: 'fetch' });
    const end = await sdk.result(runId, { signal: AbortSignal.timeout(SETTLED) });
    expect(end.error?.code).toBe('TY_RUN_NOT_OVER');
    await sdk.cancel(busy, { force: true });
    expect((await sdk.result(busy, { signal: AbortSignal.timeout(SETTLED) })).status).toBe('cancelled');
  });
});
