import { describe, expect, it } from 'vitest';
import { flatten } from '../../../../../client/cli/commands/config-view.ts';
import { devLines } from '../../../../../client/cli/commands/dev.ts';
import { findingLines } from '../../../../../client/cli/commands/doctor.ts';
import { run as runGet } from '../../../../../client/cli/commands/run-get.ts';
import { listTable, toListOptions } from '../../../../../client/cli/commands/run-list.ts';
import { runUrl } from '../../../../../domain/run-link.ts';
import { usageTable } from '../../../../../client/cli/commands/run-top.ts';
import { logLine } from '../../../../../client/cli/log-line.ts';
import { selectLogs } from '../../../../../client/cli/log-files.ts';
import { pickLatest } from '../../../../../client/cli/live/log-tail.ts';
import { resolveRun } from '../../../../../client/cli/run-ref.ts';
import { painter } from '../../../../../client/cli/terminal/colour.ts';
import { fakeContext, input } from '../fake-context.ts';
import { NOW, runView } from '../run-view.ts';

const summary = {
  runId: 'run-toy-a2b3c4',
  name: 'toy',
  status: 'running',
  stage: 'train',
  createdAt: '2026-01-01T00:00:00.000Z',
  finishedAt: null,
} as const;

describe('run get', () => {
  it('prints a view that is only written down, and says beside it that nobody answers', async () => {
    const fake = fakeContext({
      format: 'json',
      sdk: {
        get: (runId, options) => {
          options?.onTrouble?.(new Error('away'));
          return Promise.resolve(runView({ runId }));
        },
      },
    });
    await runGet(fake.context, input(['run-toy-a2b3c4']));
    expect(JSON.parse(fake.out())).toMatchObject({ runId: 'run-toy-a2b3c4', stage: 'train' });
    expect(fake.err()).toContain('No worker answers for run-toy-a2b3c4');
  });
});

describe('dev', () => {
  const facts = {
    address: '127.0.0.1:7233',
    ui: 'http://127.0.0.1:8233',
    workspace: '/w',
    log: '/w/worker.log',
    services: [{ service: 'digits', url: 'http://127.0.0.1:9000', version: '3' }],
  };

  it('names what runs and where', () => {
    expect(devLines(facts, 'en')).toEqual([
      'Temporal   127.0.0.1:7233',
      'page       http://127.0.0.1:8233',
      'workspace  /w',
      'log        /w/worker.log',
      'service    digits http://127.0.0.1:9000 (3)',
    ]);
  });

  it('speaks Chinese too', () => {
    expect(devLines({ ...facts, ui: null }, 'zh')).toEqual([
      'Temporal  127.0.0.1:7233',
      '工作区    /w',
      '日志      /w/worker.log',
      '服务      digits http://127.0.0.1:9000 (3)',
    ]);
  });
});

describe('run list', () => {
  it('asks for a status in the words of Temporal', () => {
    expect(toListOptions(input([], { status: 'cancelled', query: 'TrainyardName = "a"' }), 5)).toEqual({
      limit: 5,
      query: '(ExecutionStatus = "Canceled") AND (TrainyardName = "a")',
    });
    expect(toListOptions(input(), undefined)).toEqual({});
  });

  it('shows one line a run', () => {
    expect(listTable([summary], { lang: 'en', colour: false }, NOW)).toEqual([
      'RUN             STATUS   STAGE  AGE  TIME',
      'run-toy-a2b3c4  running  train  1m   1m 0s',
    ]);
  });
});

describe('the run that is meant', () => {
  const listing = (...ids: string[]) => ({ list: async () => ids.map((runId) => ({ ...summary, runId })) });

  it('is the latest if none is named', async () => {
    expect(await resolveRun(fakeContext({ sdk: listing('run-b-a2b3c4') }).context, undefined)).toBe('run-b-a2b3c4');
  });

  it('is taken as it is when the id is whole, without asking the server', async () => {
    expect(await resolveRun(fakeContext().context, 'run-my-toy-a2b3c4')).toBe('run-my-toy-a2b3c4');
  });

  it('is the one that begins so, and the exact one goes before longer ones', async () => {
    expect(await resolveRun(fakeContext({ sdk: listing('run-toy-a2b3c4') }).context, 'toy')).toBe('run-toy-a2b3c4');
    expect(await resolveRun(fakeContext({ sdk: listing('raw-12', 'raw-1') }).context, 'raw-1')).toBe('raw-1');
  });

  it('is an error if several begin so, or none does', async () => {
    const both = listing('run-toy-a2b3c4', 'run-toy-a2b3c5');
    await expect(resolveRun(fakeContext({ sdk: both }).context, 'toy')).rejects.toMatchObject({
      code: 'TY_CLI_USAGE',
      details: { why: 'run-toy-a2b3c4, run-toy-a2b3c5' },
    });
    await expect(resolveRun(fakeContext({ sdk: listing() }).context, 'toy')).rejects.toMatchObject({
      code: 'TY_RUN_NOT_FOUND',
    });
    await expect(resolveRun(fakeContext({ sdk: listing() }).context, undefined)).rejects.toMatchObject({
      details: { fix: 'trainyard run start' },
    });
  });

  it('never puts quotes of the user into a query', async () => {
    expect(await resolveRun(fakeContext().context, 'x" OR WorkflowId != "')).toBe('x" OR WorkflowId != "');
  });
});

describe('logs', () => {
  const file = (job: string, rank: number, bytes = 1) => ({
    job,
    role: 'worker',
    rank,
    path: `/${job}/${rank}`,
    bytes,
  });
  const files = [file('toy-p1', 0), file('toy-t1', 1), file('toy-t1', 0), file('toy-t2', 0), file('serving', 0, 0)];

  it('come in the order things happened', () => {
    expect(selectLogs(files, {}).map(({ job, rank }) => `${job} ${rank}`)).toEqual([
      'toy-t1 0',
      'toy-t1 1',
      'toy-t2 0',
      'toy-p1 0',
      'serving 0',
    ]);
  });

  it('are chosen by stage and rank', () => {
    expect(selectLogs(files, { stage: 'train', rank: 1 }).map(({ path }) => path)).toEqual(['/toy-t1/1']);
    expect(selectLogs(files, { stage: 'register' })).toHaveLength(1);
  });

  it('show in the live picture the job that wrote last', () => {
    expect(pickLatest(files)?.job).toBe('toy-p1');
    expect(pickLatest([])).toBeNull();
  });

  it('say whose line it is, and hold nothing a terminal would obey', () => {
    const line = '\u001b]0;x\u0007loss \u001b[31m0.5';
    expect(logLine(file('toy-t2', 1), line, { colour: false, prefix: true })).toBe('train#2/worker-1 │ loss 0.5');
    expect(logLine(file('toy-t1', 1), line, { colour: true, prefix: false })).toBe('loss \u001b[31m0.5\u001b[0m');
  });
});

describe('other tables', () => {
  it('show what a rank uses', () => {
    const usage = {
      job: 'toy-t1',
      role: 'worker',
      rank: 0,
      pid: 7,
      cpu: 1.5,
      memoryBytes: 2 ** 20,
      peakMemoryBytes: 2 ** 21,
      sampledAt: '2026-01-01T00:00:59Z',
    };
    expect(usageTable([usage, { ...usage, rank: 1, pid: null, cpu: null }], { lang: 'en' }, NOW)).toEqual([
      'JOB     ROLE    RANK  PID  CPU   MEMORY   PEAK     AGE',
      'toy-t1  worker  0     7    1.50  1.0 MiB  2.0 MiB  1s',
      'toy-t1  worker  1     -    -     1.0 MiB  2.0 MiB  1s',
    ]);
  });

  it('show GPUs where a rank has some that are measured', () => {
    const rank = { job: 'toy-t1', role: 'worker', rank: 0, pid: null, cpu: null, sampledAt: '2026-01-01T00:00:59Z' };
    const gpu = { devices: 2, utilization: 0.875, memoryBytes: 3 * 2 ** 30 };
    const unmeasured = { ...rank, rank: 1, memoryBytes: 2 ** 20, peakMemoryBytes: 2 ** 21 };
    expect(
      usageTable([{ ...rank, memoryBytes: null, peakMemoryBytes: null, gpu }, unmeasured], { lang: 'en' }, NOW),
    ).toEqual([
      'JOB     ROLE    RANK  PID  CPU  MEMORY   PEAK     GPUS  GPU   GPU MEMORY  AGE',
      'toy-t1  worker  0     -    -    -        -        2     88 %  3.0 GiB     1s',
      'toy-t1  worker  1     -    -    1.0 MiB  2.0 MiB  -     -     -           1s',
    ]);
  });

  it('show a finding of the doctor with the command that mends it', () => {
    const findings = [
      { name: 'git', state: 'ok', found: '2.47', fix: null },
      { name: 'torch', state: 'missing', found: 'not found', fix: 'npm run setup' },
    ] as const;
    expect(findingLines(findings, painter(false), 'fix')).toEqual([
      '✓ git    2.47',
      '✗ torch  not found',
      '         fix: npm run setup',
    ]);
  });

  it('show settings one leaf a line', () => {
    expect(flatten('', { a: { b: null, c: [1, 2] }, d: [] })).toEqual([
      ['a.b', '-'],
      ['a.c', '1, 2'],
      ['d', '-'],
    ]);
  });

  it('give the address of a run in the UI', () => {
    expect(runUrl('http://127.0.0.1:8233/', 'my ns', 'a/b')).toBe(
      'http://127.0.0.1:8233/namespaces/my%20ns/workflows/a%2Fb',
    );
  });
});
