import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandContext } from '../../../../../client/cli/context.ts';
import { run } from '../../../../../client/cli/commands/run-logs.ts';
import { latestLog } from '../../../../../client/cli/live/log-tail.ts';
import type { RunFiles } from '../../../../../ports/run-files.ts';
import type { LogFile } from '../../../../../ports/workspace.ts';
import { fakeContext, input, watching } from '../fake-context.ts';
import { runView } from '../run-view.ts';

const RUN = 'run-toy-a2b3c4';
let folder: string;
let files: LogFile[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ty-run-logs-'));
  files = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function log(name: string, lines: readonly string[], job = 'toy-t1'): Promise<void> {
  const [, role = '', rank = ''] = /^(.+)-(\d+)$/.exec(name) ?? [];
  const path = join(folder, job, `${name}.log`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  files.push({ job, role, rank: Number(rank), path, bytes: (await stat(path)).size });
}

const runFiles = (): Promise<RunFiles> => Promise.resolve({ logFiles: () => Promise.resolve(files) } as never);

async function shown(options: Readonly<Record<string, unknown>> = {}, over: Partial<CommandContext> = {}) {
  const sdk = { list: () => Promise.resolve([]), get: () => Promise.resolve(runView({ runId: RUN })) };
  const fake = fakeContext({
    runFiles,
    directory: folder,
    sdk: { ...sdk, watch: watching(runView({ runId: RUN, status: 'succeeded' })) } as never,
    ...(over as object),
  });
  const ended = await run(fake.context, input([RUN], options));
  return { ended, out: fake.out().split('\n').slice(0, -1), err: fake.err() };
}

const at = (second: number, text: string): string => `2026-01-01T00:00:0${second}.000000001Z ${text}`;

describe('run logs of a job on a cluster', () => {
  beforeEach(async () => {
    await log('worker-0', [at(1, 'a'), at(4, 'd'), '… 3 lines are left out here …', at(6, 'f')]);
    await log('worker-1', [at(2, 'b'), at(3, 'c'), at(5, 'e')]);
  });

  it('puts the lines of all ranks in the order of their times, and takes the times off', async () => {
    expect((await shown()).out).toEqual([
      'train/worker-0 │ a',
      'train/worker-1 │ b',
      'train/worker-1 │ c',
      'train/worker-0 │ d',
      'train/worker-0 │ … 3 lines are left out here …',
      'train/worker-1 │ e',
      'train/worker-0 │ f',
    ]);
  });

  it('does the same while it follows', async () => {
    const { out, ended } = await shown({ follow: true });
    expect(out.map((line) => line.at(-1))).toEqual(['a', 'b', 'c', 'd', '…', 'e', 'f']);
    expect(ended).toBe(0);
  });

  it('gives each line of JSON its time', async () => {
    const { out } = await shown({ follow: true }, { format: 'json' });
    expect(JSON.parse(out[0] ?? '')).toEqual({
      job: 'toy-t1',
      stage: 'train',
      role: 'worker',
      rank: 0,
      at: '2026-01-01T00:00:01.000000001Z',
      line: 'a',
    });
  });

  it('shows the times with --timestamps', async () => {
    expect((await shown({ rank: '1', timestamps: true })).out).toEqual([at(2, 'b'), at(3, 'c'), at(5, 'e')]);
  });

  it('leaves out what is older than --since', async () => {
    expect((await shown({ since: '2026-01-01T08:00:04+08:00', prefix: false })).out).toEqual([
      'd',
      '… 3 lines are left out here …',
      'e',
      'f',
    ]);
    expect((await shown({ since: '10m' })).out).toEqual([]);
  });

  it.each(['yesterday', '10', '2026-01-01'])('refuses --since %s', async (since) => {
    await expect(shown({ since })).rejects.toMatchObject({ code: 'TY_CLI_USAGE', details: { where: '--since' } });
  });

  it('takes the last lines of each rank with --tail', async () => {
    expect((await shown({ tail: '1', prefix: false })).out).toEqual(['e', 'f']);
  });

  it('shows one role with --role', async () => {
    await log('ps-2', [at(1, 'server')]);
    expect((await shown({ role: 'ps' })).out).toEqual(['server']);
  });

  it('shows no times in the live view', async () => {
    expect(await latestLog(await runFiles(), RUN, 1)).toEqual(['f']);
  });
});

describe('run logs of a job on this machine', () => {
  it('shows file after file, and says that --since does not apply', async () => {
    await log('worker-0', ['one', 'two']);
    await log('worker-1', ['three']);
    const { out, err } = await shown({ since: '5m', prefix: false });
    expect(out).toEqual(['one', 'two', 'three']);
    expect(err).toContain('--since does not apply to toy-t1/worker-1');
  });
});

describe('saving logs', () => {
  const long = `${'x'.repeat(100)}\u0000\u001b火\n`.repeat(40);

  beforeEach(async () => {
    await log('worker-0', [long]);
    await log('worker-1', []);
    await log('worker-0', [at(1, 'again')], 'toy-t2');
  });

  it('writes one archive that tar reads, with the logs as they are', async () => {
    const { out } = await shown({ archive: 'logs.tar.gz' });
    const path = join(folder, 'logs.tar.gz');
    expect(out).toEqual([`3 logs are in ${path}`]);
    const target = join(folder, 'unpacked');
    await mkdir(target);
    await promisify(execFile)('tar', ['-xzf', path, '-C', target]);
    for (const file of files) {
      const unpacked = join(target, RUN, file.job, `${file.role}-${file.rank}.log`);
      expect(await readFile(unpacked)).toEqual(await readFile(file.path));
    }
  });

  it('copies the logs of one rank into a folder', async () => {
    const { out } = await shown({ outputDir: 'here', rank: '0', stage: 'train' }, { format: 'json' });
    expect(JSON.parse(out.join('\n'))).toEqual({
      path: join(folder, 'here'),
      files: ['toy-t1/worker-0.log', 'toy-t2/worker-0.log'],
    });
    expect(await readFile(join(folder, 'here', 'toy-t1', 'worker-0.log'), 'utf8')).toBe(`${long}\n`);
  });

  it.each([
    { archive: 'a', outputDir: 'b' },
    { archive: 'a', follow: true },
  ])('refuses %j', async (options) => {
    await expect(shown(options)).rejects.toMatchObject({ code: 'TY_CLI_USAGE' });
  });

  it('leaves no half archive behind', async () => {
    await rm(files[1]?.path ?? '');
    await expect(shown({ archive: 'logs.tar.gz' })).rejects.toThrow(/ENOENT/);
    await expect(stat(join(folder, 'logs.tar.gz'))).rejects.toThrow(/ENOENT/);
  });
});
