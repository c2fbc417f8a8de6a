import { describe, expect, it } from 'vitest';
import { renderLocalJob } from '../../../../backends/local/render.ts';
import { localJobStatus } from '../../../../backends/local/status.ts';
import type { ProcessJobState, RankRecord, SubmittedProcessJob } from '../../../../domain/process-job.ts';
import type { FailureCause } from '../../../../domain/job.ts';
import { jobRequest } from '../../../support/job-request.ts';

const request = jobRequest({
  root: '/site',
  argv: ['python3', 'train.py'],
  role: { launcher: 'torchrun', procsPerReplica: 2 },
  resources: { memoryBytes: 2 * 2 ** 30 },
  deadlines: { startingSeconds: 60 },
});
const job: SubmittedProcessJob = {
  submittedAt: '2026-01-01T00:00:00.000Z',
  request,
  spec: renderLocalJob(request, 23_456),
};

function rank(over: Partial<RankRecord> = {}): RankRecord {
  return {
    role: 'train',
    rank: 0,
    step: 'train',
    pid: 100,
    started: 'boot-1',
    startedAt: '2026-01-01T00:00:01.000Z',
    finishedAt: null,
    exitCode: null,
    signal: null,
    joined: true,
    endedBy: null,
    memoryBytes: null,
    spawnError: null,
    lastLines: [],
    ...over,
  };
}

function state(ranks: readonly RankRecord[], over: Partial<ProcessJobState> = {}): ProcessJobState {
  return {
    supervisor: { pid: 99, started: 'boot-0' },
    startedAt: '2026-01-01T00:00:01.000Z',
    finishedAt: null,
    outcome: null,
    reason: null,
    stepSeconds: {},
    ranks,
    ...over,
  };
}

const AT_5 = { finishedAt: '2026-01-01T00:00:05.000Z' };
const AT_6 = { finishedAt: '2026-01-01T00:00:06.000Z' };

function cause(ranks: readonly RankRecord[], over: Partial<ProcessJobState> = {}): FailureCause | null {
  return localJobStatus(job, state(ranks, { outcome: 'failed', ...AT_6, ...over })).cause;
}

describe('the status of a local job', () => {
  it.each([
    ['queued before its supervisor wrote anything', null, 'queued'],
    ['starting while a rank has not joined', state([rank(), rank({ rank: 1, joined: false })]), 'starting'],
    ['running once all have', state([rank(), rank({ rank: 1 })]), 'running'],
    ['succeeded', state([rank({ ...AT_5, exitCode: 0 })], { outcome: 'succeeded' }), 'succeeded'],
    [
      'cancelled',
      state([rank({ ...AT_5, signal: 'SIGTERM', endedBy: 'cancel' })], { outcome: 'cancelled' }),
      'cancelled',
    ],
    ['failed when it was lost', state([rank()], { outcome: 'lost' }), 'failed'],
  ])('is %s', (_claim, record, phase) => {
    const status = localJobStatus(job, record);
    expect(status.phase).toBe(phase);
    expect(status.cause === null).toBe(phase !== 'failed');
  });

  it('shows no more of a rank than the port names', () => {
    const [first] = localJobStatus(job, state([rank({ ...AT_5, exitCode: 0 })])).ranks;
    expect(first).toEqual({
      role: 'train',
      rank: 0,
      step: 'train',
      pid: 100,
      startedAt: '2026-01-01T00:00:01.000Z',
      ...AT_5,
      exitCode: 0,
      signal: null,
    });
  });
});

describe('the cause of a failed local job', () => {
  it('is the rank that failed first, not the lowest', () => {
    const found = cause([
      rank({ ...AT_6, exitCode: 1, lastLines: ['connection reset'] }),
      rank({ rank: 1, ...AT_5, exitCode: 3, lastLines: ['nan'] }),
    ]);
    expect(found).toMatchObject({
      kind: 'exit-code',
      code: 'TY_JOB_EXIT_CODE',
      budget: 'code',
      rank: 1,
      exitCode: 3,
      lastLines: ['nan'],
    });
    expect(found?.message).toBe('train rank 1 ended with exit code 3 in its train step');
  });

  it('is never a rank that Trainyard ended', () => {
    const found = cause([
      rank({ ...AT_5, signal: 'SIGTERM', endedBy: 'peer' }),
      rank({ rank: 1, ...AT_6, exitCode: 1 }),
    ]);
    expect(found?.rank).toBe(1);
  });

  it('says that a command was not found, and which', () => {
    expect(cause([rank({ ...AT_5, exitCode: 127 })])).toMatchObject({
      kind: 'command-not-found',
      code: 'TY_JOB_COMMAND_NOT_FOUND',
    });
    expect(cause([rank({ ...AT_5, exitCode: 127 })])?.message).toContain('"python3"');
    expect(cause([rank({ ...AT_5, spawnError: 'ENOENT' })])).toMatchObject({
      kind: 'command-not-found',
      budget: 'code',
    });
  });

  it('lets the infrastructure pay when the machine could start no process', () => {
    expect(cause([rank({ ...AT_5, pid: null, spawnError: 'EAGAIN' })])).toMatchObject({
      kind: 'lost',
      code: 'TY_JOB_LOST',
      budget: 'infrastructure',
      rank: 0,
    });
  });

  it('says what memory was asked for and used', () => {
    const found = cause([rank({ ...AT_5, signal: 'SIGTERM', endedBy: 'memory', memoryBytes: 2.5 * 2 ** 30 })]);
    expect(found).toMatchObject({ kind: 'oom', code: 'TY_JOB_OOM', budget: 'code' });
    expect(found?.message).toContain('2.0 GiB asked for, 2.5 GiB used');
  });

  it.each([
    ['SIGKILL', 'possible OOM'],
    ['SIGSEGV', 'ended by SIGSEGV'],
  ])('tells a rank ended by %s', (signal, words) => {
    const found = cause([rank({ ...AT_5, signal })]);
    expect(found).toMatchObject({ kind: 'signal', code: 'TY_JOB_SIGNAL', signal });
    expect(found?.message).toContain(words);
  });

  it('says of exit code 137 that memory may be why', () => {
    expect(cause([rank({ ...AT_5, exitCode: 137 })])?.message).toContain('possible OOM');
  });

  it('names every rank that missed the start deadline', () => {
    const late = { joined: false, endedBy: 'deadline', signal: 'SIGTERM', ...AT_5 } as const;
    const found = cause([rank(late), rank({ ...late, rank: 1 })]);
    expect(found).toMatchObject({
      kind: 'start-deadline',
      code: 'TY_JOB_START_DEADLINE',
      rank: 0,
      exitCode: null,
      signal: null,
    });
    expect(found?.message).toBe('train rank 0, train rank 1 did not join the rendezvous within 60 s');
  });

  it('is a loss that the infrastructure pays when nothing is known', () => {
    expect(cause([rank({ ...AT_5, endedBy: 'shutdown' })], { outcome: 'lost' })).toMatchObject({
      kind: 'lost',
      code: 'TY_JOB_LOST',
      budget: 'infrastructure',
      rank: null,
    });
  });

  it('names a full disk when that kept the supervisor from going on', () => {
    const reason = 'ENOSPC: no space left on device, mkdir';
    expect(cause([], { outcome: 'lost', reason })).toMatchObject({
      kind: 'lost',
      code: 'TY_DISK_FULL',
      message: reason,
    });
  });
});
