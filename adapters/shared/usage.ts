import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GpuUse, RankUsage } from '../../domain/run-state.ts';
import { isErrno, replaceFile } from './json-files.ts';

const FILE = 'usage.jsonl';

/** One moment of a job. */
export interface UsageSample {
  /** RFC 3339. */
  readonly at: string;
  readonly ranks: readonly RankSample[];
}

export interface RankSample {
  readonly role: string;
  readonly rank: number;
  /** `null` = on another machine. */
  readonly pid: number | null;
  /** Cores; `null` with a rank's first sample. */
  readonly cpu: number | null;
  /** Resident memory of the rank's processes together, bytes; `null` = not measured. */
  readonly memory: number | null;
  readonly peak: number | null;
  readonly gpu?: GpuUse;
}

/** Samples kept before every second one is dropped: the whole run stays in view, the older the coarser. */
const MAX_SAMPLES = 2000;

/** Adds a sample to a job's file; `kept` is how many it holds. Returns how many it holds now. */
export function appendUsage(jobDir: string, sample: UsageSample, kept: number): number {
  const path = join(jobDir, FILE);
  appendFileSync(path, `${JSON.stringify(sample)}\n`);
  if (kept + 1 < MAX_SAMPLES) return kept + 1;
  const thinned = readUsage(jobDir).filter((_sample, index) => index % 2 === 1);
  replaceFile(path, thinned.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return thinned.length;
}

/** The samples of a job, oldest first. A line that is still being written is left out. */
export function readUsage(jobDir: string): readonly UsageSample[] {
  let text: string;
  try {
    text = readFileSync(join(jobDir, FILE), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as UsageSample);
}

/** What each rank of a job used last. */
export function latestUsage(job: string, samples: readonly UsageSample[]): readonly RankUsage[] {
  const latest = new Map<string, RankUsage>();
  for (const sample of samples) {
    for (const { role, rank, pid, cpu, memory, peak, gpu } of sample.ranks) {
      latest.set(`${role}-${rank}`, {
        job,
        role,
        rank,
        pid,
        cpu,
        memoryBytes: memory,
        peakMemoryBytes: peak,
        ...(gpu === undefined ? {} : { gpu }),
        sampledAt: sample.at,
      });
    }
  }
  return [...latest.values()].sort((a, b) => a.rank - b.rank);
}
