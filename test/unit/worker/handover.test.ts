import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFolderStore } from '../../../adapters/handover/folder-store.ts';
import { handOver } from '../../../adapters/handover/hand-over.ts';
import type { ObjectStore } from '../../../adapters/handover/store.ts';
import { runPaths } from '../../../adapters/store/run-paths.ts';
import type { Handover } from '../../../ports/handover.ts';
import { createHandover } from '../../../worker/handover.ts';

const JOB = { runId: 'run-a', name: 'digits-t1', purpose: 'train' } as const;

describe('what the worker brings of a job', () => {
  let folder: string;
  let store: ObjectStore;
  let handover: Handover;
  let reads = 0;
  const paths = () => runPaths(join(folder, 'ws'), 'run-a');

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ty-bring-'));
    const plain = createFolderStore(join(folder, 'claim'), 'claim x');
    reads = 0;
    store = { ...plain, read: (key) => ((reads += 1), plain.read(key)) };
    handover = createHandover(store);
    mkdirSync(join(folder, 'pod/output'), { recursive: true });
    mkdirSync(join(folder, 'pod/metrics'));
    writeFileSync(join(folder, 'pod/output/model.pt'), 'weights');
    writeFileSync(join(folder, 'pod/metrics/metrics.jsonl'), '{"loss":1}\n');
    mkdirSync(paths().output, { recursive: true });
    writeFileSync(join(paths().output, 'old'), '');
    await handOver(store, 'runs/run-a/digits-t1', join(folder, 'pod'), ['output', 'metrics']);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('stands in the place of what was there, with its metrics', async () => {
    expect(await handover.bring(JOB, paths())).toBe(true);
    expect(readdirSync(paths().output)).toEqual(['model.pt']);
    expect(readFileSync(paths().metrics, 'utf8')).toBe('{"loss":1}\n');
    expect(await handover.trained('run-a', paths())).toBe('runs/run-a/digits-t1');
  });

  it('comes once, however many ask at the same time and later', async () => {
    await Promise.all([handover.bring(JOB, paths()), handover.bring(JOB, paths())]);
    await createHandover(store).bring(JOB, paths());
    expect(reads).toBe(2);
  });

  it('is nothing where nothing whole was handed over, and what was there stays', async () => {
    expect(await handover.bring({ ...JOB, name: 'digits-t2' }, paths())).toBe(false);
    expect(readdirSync(paths().output)).toEqual(['old']);
    expect(await handover.trained('run-a', paths())).toBeNull();
  });

  it('is removed from where it was handed over when the run has ended', async () => {
    await handover.lend('lent/run-a/x', join(folder, 'pod'), 'output');
    await handover.forget('run-a');
    expect(readdirSync(join(folder, 'claim'), { recursive: true }).toSorted()).toEqual(['lent', 'runs']);
  });
});
