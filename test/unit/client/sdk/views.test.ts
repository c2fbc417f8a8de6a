import { ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { isSilentWorker, reportFromFailure, toTrainyardError } from '../../../../client/sdk/failures.ts';
import { newRunId } from '../../../../client/sdk/runs.ts';
import { closeView, statusOf, summaryOf, viewFromDescription } from '../../../../client/sdk/views.ts';
import { isRunId } from '../../../../domain/names.ts';
import { runView } from '../cli/run-view.ts';

const described = {
  workflowId: 'run-my-toy-a2b3c4',
  startTime: new Date('2026-01-01T00:00:00Z'),
  closeTime: new Date('2026-01-01T01:00:00Z'),
  searchAttributes: { TrainyardStage: ['push'] },
  status: { name: 'TERMINATED' },
};

const grpc = (code: number): Error => Object.assign(new Error(`grpc ${code}`), { code, details: '', metadata: {} });

describe('views without a worker', () => {
  it('show a terminated run as failed, its running stage too', () => {
    const view = closeView(runView(), described);
    expect(view).toMatchObject({ status: 'failed', finishedAt: '2026-01-01T01:00:00.000Z' });
    expect(view.stages.find(({ name }) => name === 'train')).toMatchObject({ status: 'failed' });
  });

  it('leave alone what has ended, and what goes on', () => {
    const done = runView({ status: 'succeeded' });
    expect(closeView(done, described)).toBe(done);
    const running = runView();
    expect(closeView(running, { ...described, status: { name: 'RUNNING' } })).toBe(running);
  });

  it('are made of the server’s record where nothing else is left', () => {
    expect(viewFromDescription(described)).toMatchObject({ name: 'my-toy', status: 'failed', stages: [] });
    expect(summaryOf(described)).toMatchObject({ name: 'my-toy', stage: 'push', status: 'failed' });
  });

  it.each([
    ['COMPLETED', 'succeeded'],
    ['CANCELLED', 'cancelled'],
    ['TIMED_OUT', 'failed'],
    ['SOMETHING_NEW', 'running'],
  ])('call %s %s', (name, status) => {
    expect(statusOf(name)).toBe(status);
  });
});

describe('failures', () => {
  it.each([
    [new WorkflowNotFoundError('no', 'x', undefined), 'TY_RUN_NOT_FOUND'],
    [new ServiceError('no', { cause: grpc(5) }), 'TY_RUN_NOT_FOUND'],
    [new ServiceError('no', { cause: grpc(14) }), 'TY_TEMPORAL_UNREACHABLE'],
    [grpc(16), 'TY_TEMPORAL_UNREACHABLE'],
    [new Error('odd'), 'TY_INTERNAL'],
  ])('have a code: %s', (error, code) => {
    expect(toTrainyardError(error, { address: 'a:1', runId: 'x' }).code).toBe(code);
  });

  it('keep the code a run failed with, through any number of wrappings', () => {
    const inner = {
      type: 'TY_PUSH_PROTECTED',
      message: 'refused',
      details: [{ where: 'push', fix: 'retry', secret: 1 }],
    };
    const wrapped = new Error('activity', { cause: new Error('workflow', { cause: inner }) });
    expect(reportFromFailure(wrapped)).toEqual({
      code: 'TY_PUSH_PROTECTED',
      message: 'refused',
      where: 'push',
      fix: 'retry',
    });
    expect(reportFromFailure(new Error('plain'))).toBeNull();
  });

  it('tell a silent worker from a silent server', () => {
    expect(isSilentWorker(grpc(9))).toBe(true);
    expect(isSilentWorker(grpc(4))).toBe(true);
    expect(isSilentWorker(grpc(14))).toBe(false);
  });
});

describe('newRunId', () => {
  it('is a run id with the name in it, and another one each time', () => {
    const ids = [newRunId({ name: 'toy' }), newRunId({ name: 'toy' })];
    expect(ids[0]).toMatch(/^run-toy-[a-z2-7]{6}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('is well formed whatever the name is', () => {
    for (const spec of [null, 'x', {}, { name: '../../etc' }, { name: '模型' }, { name: 3 }]) {
      expect(newRunId(spec)).toMatch(/^run-unnamed-/);
      expect(isRunId(newRunId(spec))).toBe(true);
    }
  });
});
