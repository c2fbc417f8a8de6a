import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { round } from './statistics.ts';

const FOLDER = fileURLToPath(new URL('../../docs/evidence', import.meta.url));

/** What the figures depend on. No names of machines, users or folders. */
export function machine(): Readonly<Record<string, unknown>> {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: availableParallelism(),
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: round(totalmem() / 2 ** 30, 1),
  };
}

/** Work that waits for a processor, averaged over a minute: above the number of processors, times mean little. */
export function load(): number {
  return round(loadavg()[0] ?? NaN, 2);
}

/** A line above the figures when the machine has other work than the bench. */
export function loadWarning(before: number): string {
  const limit = availableParallelism();
  return before <= limit / 2
    ? ''
    : `NOTE: the machine was busy (load ${before} on ${limit} cpus): compare the ratios, not the times.\n`;
}

export async function keepEvidence(name: string, figures: Readonly<Record<string, unknown>>): Promise<string> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, `${name}.json`), `${JSON.stringify({ machine: machine(), ...figures }, null, 2)}\n`);
  return `docs/evidence/${name}.json`;
}
