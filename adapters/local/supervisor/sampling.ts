import { processRow, processTable, residentBytes } from '../process-table.ts';
import type { ProcessRow } from '../process-table.ts';
import { appendUsage } from '../../shared/usage.ts';
import type { RankSample } from '../../shared/usage.ts';
import { isRunning } from './rank.ts';
import type { Rank } from './rank.ts';

/** A replica that uses more than it asked for, with the rank of it that uses most. */
export interface Excess {
  readonly rank: Rank;
  readonly replicaBytes: number;
}

export interface Sampler {
  /** Takes one sample, keeps it, and says which replica is above `memoryBytes`, if any. */
  sample(ranks: readonly Rank[]): Promise<Excess | null>;
  /** CPU time a rank had used by the last sample, seconds. */
  cpuSeconds(rank: Rank): number;
}

/** Of this machine's own processes the memory is always known. */
type LocalSample = RankSample & { readonly memory: number };

/** Processes join and leave a group seldom; the whole table is read only every so many samples. */
const FULL_SCAN_EVERY = 5;

interface Earlier {
  readonly at: number;
  readonly cpuSeconds: number;
}

export function createSampler(jobDir: string, memoryBytes: number | null): Sampler {
  const earlier = new Map<number, Earlier>();
  const peaks = new Map<number, number>();
  let members = new Map<number, readonly number[]>();
  let count = 0;
  let kept = 0;

  async function measure(rank: Rank, pids: readonly number[]): Promise<LocalSample> {
    const id = rank.record.rank;
    const now = performance.now() / 1000;
    const rows = pids.map(processRow).filter((row) => row !== null);
    const cpuSeconds = rows.reduce((sum, row) => sum + row.cpuSeconds, 0);
    const memory = await memoryOf(rows);
    const peak = Math.max(peaks.get(id) ?? 0, memory);
    const before = earlier.get(id);
    earlier.set(id, { at: now, cpuSeconds });
    peaks.set(id, peak);
    const cpu = before === undefined ? null : Math.max(0, round((cpuSeconds - before.cpuSeconds) / (now - before.at)));
    return { role: rank.record.role, rank: id, pid: rank.record.pid ?? 0, cpu, memory, peak };
  }

  return {
    async sample(ranks) {
      const running = ranks.filter(isRunning);
      if (running.length === 0) return null;
      if (count++ % FULL_SCAN_EVERY === 0) members = groupMembers();
      const samples: LocalSample[] = [];
      for (const rank of running) {
        const leader = rank.record.pid ?? 0;
        samples.push(await measure(rank, members.get(leader) ?? [leader]));
      }
      try {
        kept = appendUsage(jobDir, { at: new Date().toISOString(), ranks: samples }, kept);
      } catch {
        // a full disk: the bound below still holds
      }
      return memoryBytes === null ? null : findExcess(running, samples, members, memoryBytes);
    },
    cpuSeconds: (rank) => earlier.get(rank.record.rank)?.cpuSeconds ?? 0,
  };
}

function groupMembers(): Map<number, readonly number[]> {
  const groups = new Map<number, number[]>();
  for (const row of processTable()) {
    const group = groups.get(row.group) ?? [];
    group.push(row.pid);
    groups.set(row.group, group);
  }
  return groups;
}

async function memoryOf(rows: readonly ProcessRow[]): Promise<number> {
  if (process.platform === 'linux') return rows.reduce((sum, row) => sum + residentBytes(row.pid), 0);
  if (rows.length === 0) return 0;
  const { default: pidusage } = await import('pidusage');
  const stats = await pidusage(rows.map((row) => row.pid)).catch(() => ({}));
  return Object.values(stats).reduce((sum, stat) => sum + stat.memory, 0);
}

function findExcess(
  ranks: readonly Rank[],
  samples: readonly LocalSample[],
  members: ReadonlyMap<number, readonly number[]>,
  memoryBytes: number,
): Excess | null {
  const replicas = new Map<number, { rank: Rank; sample: LocalSample }[]>();
  for (const [index, rank] of ranks.entries()) {
    const sample = samples[index];
    if (sample === undefined) continue;
    const replica = replicas.get(rank.plan.replica) ?? [];
    replica.push({ rank, sample });
    replicas.set(rank.plan.replica, replica);
  }
  for (const replica of replicas.values()) {
    const counted = replica.reduce((sum, { sample }) => sum + sample.memory, 0);
    if (counted <= memoryBytes) continue;
    const [worst] = replica.toSorted((a, b) => b.sample.memory - a.sample.memory);
    const pids = replica.flatMap(({ sample }) => members.get(sample.pid ?? 0) ?? [sample.pid ?? 0]);
    const replicaBytes = sharedOnce(pids, counted);
    if (worst !== undefined && replicaBytes > memoryBytes) return { rank: worst.rank, replicaBytes };
  }
  return null;
}

/** Forked loaders share most of their pages; before a replica is ended each page is counted once. */
function sharedOnce(pids: readonly number[], counted: number): number {
  if (process.platform !== 'linux') return counted;
  const exact = pids.reduce((sum, pid) => sum + residentBytes(pid, true), 0);
  return exact > 0 ? exact : counted;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
