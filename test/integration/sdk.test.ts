import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../client/index.ts';
import type { Trainyard } from '../../client/index.ts';
import type { RunRecord } from '../../domain/record.ts';
import { type TemporalEnv, startTemporal } from '../support/temporal-env.ts';
import { runView } from '../unit/client/cli/run-view.ts';

let temporal: TemporalEnv;
let trainyard: Trainyard;
const written = new Map<string, RunRecord>();

beforeAll(async () => {
  temporal = await startTemporal();
  trainyard = await connect({
    address: temporal.address,
    taskQueue: 'nobody-works-here',
    readRecord: async (runId) => written.get(runId) ?? null,
  });
});

afterAll(async () => {
  await trainyard?.close();
  await temporal?.stop();
});

describe('the library against a real server, without a worker', () => {
  it('starts a run once under an id, and never again', async () => {
    const run = await trainyard.start({ name: 'once' }, { workflowId: 'run-once-aaaaaa' });
    expect(run.runId).toBe('run-once-aaaaaa');
    expect(run.temporalRunId).not.toBe('');
    await expect(trainyard.start({ name: 'once' }, { workflowId: run.runId })).rejects.toMatchObject({
      code: 'TY_RUN_EXISTS',
    });
    await temporal.client.workflow.getHandle(run.runId).terminate();
    await expect(trainyard.start({ name: 'once' }, { workflowId: run.runId })).rejects.toMatchObject({
      code: 'TY_RUN_EXISTS',
    });
  });

  it('says that no worker answers, and of which queue', async () => {
    const run = await trainyard.start({ name: 'alone' });
    expect(run.runId).toMatch(/^run-alone-[a-z2-7]{6}$/);
    await expect(trainyard.get(run.runId)).rejects.toMatchObject({
      code: 'TY_WORKER_MISSING',
      details: { where: 'task queue nobody-works-here' },
    });
    await expect(trainyard.repair(run.runId, { action: 'retry' })).rejects.toMatchObject({ code: 'TY_WORKER_MISSING' });
  });

  it('shows what the record holds where no view is written yet, and says that nobody answers', async () => {
    const run = await trainyard.start({ name: 'planned' });
    const output = { url: 'https://git.example/out', branch: 'sft-1', credential: null };
    const plan = { name: 'planned', startedAt: '2026-01-01T00:00:00.000Z', package: null, output, serve: null };
    const record = { workflowId: run.runId, plan, checkouts: {}, commit: null, service: null, view: null };
    written.set(run.runId, record as unknown as RunRecord);
    const told: unknown[] = [];
    const open = await trainyard.get(run.runId, { onTrouble: (error) => told.push(error) });
    expect(open).toMatchObject({ status: 'running', stage: 'train', output: { branch: 'sft-1', commit: null } });
    expect(told).toMatchObject([{ code: 'TY_WORKER_MISSING' }]);
    await temporal.client.workflow.getHandle(run.runId).terminate();
    const ended = await trainyard.get(run.runId, { onTrouble: (error) => told.push(error) });
    expect(ended.status).toBe('failed');
    expect(ended.stages.map(({ status }) => status)).toEqual(['done', 'done', 'failed', 'off', 'waiting', 'off']);
    expect(told).toHaveLength(1);
  });

  it('shows what was written last, and an end that came since', async () => {
    const run = await trainyard.start({ name: 'left' });
    written.set(run.runId, { view: runView({ runId: run.runId }) } as RunRecord);
    expect(await trainyard.get(run.runId)).toMatchObject({ status: 'running', stage: 'train' });
    await temporal.client.workflow.getHandle(run.runId).terminate();
    expect(await trainyard.result(run.runId)).toMatchObject({ status: 'failed' });
  });

  it('knows an ended run of which nothing is written', async () => {
    await expect(trainyard.get('run-once-aaaaaa')).resolves.toMatchObject({
      name: 'once',
      status: 'failed',
      stages: [],
    });
  });

  it('says that a run does not exist, whatever is asked of it', async () => {
    const missing = { code: 'TY_RUN_NOT_FOUND' };
    await expect(trainyard.get('run-none-aaaaaa')).rejects.toMatchObject(missing);
    await expect(trainyard.cancel('run-none-aaaaaa')).rejects.toMatchObject(missing);
    await expect(trainyard.repair('run-none-aaaaaa', { action: 'skip' })).rejects.toMatchObject(missing);
  });

  it('cancels what has ended without complaint, and cannot repair it', async () => {
    await expect(trainyard.cancel('run-once-aaaaaa')).resolves.toBeUndefined();
    await expect(trainyard.repair('run-once-aaaaaa', { action: 'retry' })).rejects.toMatchObject({
      code: 'TY_RUN_NOT_PARKED',
    });
  });

  it('lists runs, newest first, as many as wanted', async () => {
    const ids = (await trainyard.list({ limit: 2 })).map(({ runId }) => runId);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toMatch(/^run-left-/);
    const some = await trainyard.list({ query: 'WorkflowId STARTS_WITH "run-once"' });
    expect(some.map(({ runId, status }) => [runId, status])).toEqual([['run-once-aaaaaa', 'failed']]);
  });

  it('cannot be reached where nobody listens, and says why', async () => {
    await expect(connect({ address: '127.0.0.1:1' })).rejects.toMatchObject({
      code: 'TY_TEMPORAL_UNREACHABLE',
      details: { where: '127.0.0.1:1', why: expect.stringContaining('ECONNREFUSED') },
    });
  });
});
