import { join } from 'node:path';
import type { ClusterJobStatus, ObservedJob, RankPod } from '../../domain/cluster-job.ts';
import type { KeptJob } from './kept-jobs.ts';
import type { LogKeeper } from './logs/log-keeper.ts';

function fileOf(kept: KeptJob, { role, rank }: RankPod): string {
  return join(kept.submitted.request.directories.logs, `${role}-${rank}.log`);
}

/** Reads on what the ranks of a job write, and begins with those that are new. */
export function followRanks(logs: LogKeeper, kept: KeptJob, seen: ObservedJob, told: ClusterJobStatus): void {
  // Lines that are read late would make it silent when it was not.
  const steady = kept.submitted.request.plan.deadlines.silentSeconds !== null;
  for (const rank of told.pods) {
    const { name, containers } = rank;
    const pod = seen.pods.find((one) => one.metadata.name === name);
    if (pod !== undefined && containers.length > 0) logs.follow(pod, { file: fileOf(kept, rank), containers, steady });
  }
}

/** The last lines of every rank, by `<role>-<rank>`. */
export async function lastLinesOf(
  logs: LogKeeper,
  kept: KeptJob,
  told: ClusterJobStatus,
): Promise<ObservedJob['lastLines']> {
  const entries = await Promise.all(
    told.pods.map(async (rank) => {
      const lines = await logs.lastLines(fileOf(kept, rank), 20);
      return [`${rank.role}-${rank.rank}`, lines] as const;
    }),
  );
  return Object.fromEntries(entries);
}
