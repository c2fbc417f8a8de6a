import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RankUsage } from '../../domain/run-state.ts';
import { latestUsage, readUsage } from '../shared/usage.ts';

/** What each rank of a run's jobs used last; `runRoot` is the run's folder. */
export async function readRunUsage(runRoot: string): Promise<readonly RankUsage[]> {
  const jobs = join(runRoot, 'jobs');
  const names = await readdir(jobs).catch(() => []);
  return names.toSorted().flatMap((name) => latestUsage(name, readUsage(join(jobs, name))));
}
