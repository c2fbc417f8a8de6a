import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWorkspace } from '../../../adapters/store/workspace-fs.ts';
import type { RunFiles } from '../../../ports/run-files.ts';
import { loadSettings } from '../../../spec/settings.ts';
import { createRunFiles } from '../../../worker/run-files.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-run-files-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function reader(...remote: readonly RunFiles[]): RunFiles {
  const root = join(folder, 'own');
  const site = { namespace: 'ml', workspace: { root: join(folder, 'gpu'), claim: 'shared' } };
  const settings = loadSettings({ env: {}, file: JSON.stringify({ sites: { gpu: site } }), dev: null });
  const own = createWorkspace({ root, minFreeBytes: 0, usage: () => Promise.resolve([]) });
  return createRunFiles(own, settings, remote);
}

async function leaveLog(root: string, runId: string): Promise<string> {
  const logs = join(folder, root, 'runs', runId, 'logs', 'toy-t1');
  await mkdir(logs, { recursive: true });
  await writeFile(join(logs, 'worker-0.log'), 'line\n');
  return join(logs, 'worker-0.log');
}

const far: RunFiles = {
  readRecord: (runId) => Promise.resolve(runId === 'run-far' ? ({ runId } as never) : null),
  logFiles: () => Promise.resolve([{ job: 'far-t1', role: 'worker', rank: 0, path: '/far', bytes: 1 }]),
  usage: () => Promise.resolve([]),
  metricsFile: () => Promise.resolve('/far/metrics'),
  remove: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

describe('the files of a run', () => {
  it('are read in the workspace of the settings, and in that of a site which this machine sees', async () => {
    const [own, gpu] = [await leaveLog('own', 'run-a'), await leaveLog('gpu', 'run-b')];
    const files = reader();
    expect(await files.logFiles('run-a')).toMatchObject([{ path: own }]);
    expect(await files.logFiles('run-b')).toMatchObject([{ path: gpu }]);
    expect(await files.metricsFile('run-b')).toBe(join(folder, 'gpu', 'runs', 'run-b', 'metrics.jsonl'));
  });

  it('are asked of the workers of other sites where no folder has them', async () => {
    const files = reader(far);
    expect(await files.logFiles('run-far')).toMatchObject([{ path: '/far' }]);
    expect(await files.metricsFile('run-far')).toBe('/far/metrics');
  });

  it('are none of a run that nobody knows, and nobody is asked again at once', async () => {
    const readRecord = vi.fn(far.readRecord);
    const files = reader({ ...far, readRecord });
    expect(await files.logFiles('run-other')).toEqual([]);
    expect(await files.usage('run-other')).toEqual([]);
    expect(readRecord).toHaveBeenCalledOnce();
  });

  it('are found in a folder although a worker elsewhere does not answer', async () => {
    const away = { ...far, readRecord: () => Promise.reject(new Error('nobody answers')) };
    const path = await leaveLog('gpu', 'run-b');
    expect(await reader(away).logFiles('run-b')).toMatchObject([{ path }]);
    await expect(reader(away).logFiles('run-c')).rejects.toThrow('nobody answers');
  });

  it.each(['..', '../gpu/runs/run-b', 'a/b', ''])('are never looked for outside: %j', async (runId) => {
    await leaveLog('gpu', 'run-b');
    expect(await reader(far).logFiles(runId)).toEqual([]);
    expect(await reader(far).readRecord(runId)).toBeNull();
  });
});
