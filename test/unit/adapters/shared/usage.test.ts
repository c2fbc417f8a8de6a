import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendUsage, latestUsage, readUsage } from '../../../../adapters/shared/usage.ts';
import type { UsageSample } from '../../../../adapters/shared/usage.ts';

function sample(second: number, rank = 0): UsageSample {
  const at = new Date(second * 1000).toISOString();
  return { at, ranks: [{ role: 'train', rank, pid: 7, cpu: 0.5, memory: second, peak: second + 1 }] };
}

describe('the usage kept with a job', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'trainyard-usage-'));
  });

  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  it('is read back in order, but for a line that is still being written', () => {
    appendUsage(dir, sample(1), 0);
    appendUsage(dir, sample(2), 1);
    writeFileSync(join(dir, 'usage.jsonl'), '{"at":"20', { flag: 'a' });
    expect(readUsage(dir)).toEqual([sample(1), sample(2)]);
  });

  it('stays bounded and keeps both the first and the last of a long job', () => {
    let kept = 0;
    for (let second = 1; second <= 2500; second += 1) kept = appendUsage(dir, sample(second), kept);
    const samples = readUsage(dir);
    expect(samples).toHaveLength(kept);
    expect(kept).toBeLessThan(2000);
    expect(samples[0]?.at).toBe(sample(2).at);
    expect(samples.at(-1)).toEqual(sample(2500));
  });

  it('gives the latest sample of each rank', () => {
    const latest = latestUsage('digits-t1', [sample(1, 1), sample(2, 0), sample(3, 0)]);
    expect(latest.map(({ rank, memoryBytes, peakMemoryBytes }) => [rank, memoryBytes, peakMemoryBytes])).toEqual([
      [0, 3, 4],
      [1, 1, 2],
    ]);
    expect(latest[0]).toMatchObject({ job: 'digits-t1', role: 'train', pid: 7, cpu: 0.5, sampledAt: sample(3).at });
  });

  it('is empty for a job that was never sampled', () => {
    expect(readUsage(dir)).toEqual([]);
  });
});
