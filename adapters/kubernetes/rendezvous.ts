import { stat } from 'node:fs/promises';
import { missedRendezvous } from '../../domain/rendezvous.ts';
import type { ClusterJobStatus, ObservedJob } from '../../domain/cluster-job.ts';
import type { KeptJob } from './kept-jobs.ts';
import type { LogKeeper } from './logs/log-keeper.ts';
import { lastLinesOf } from './rank-logs.ts';

/**
 * Why a job whose ranks all run is none the less not under way: they do not find each other, by their own words.
 * `null` = nothing says so. Whoever has written a metric has found the others.
 */
export async function unmetRanks(logs: LogKeeper, kept: KeptJob, told: ClusterJobStatus): Promise<string | null> {
  if (told.phase !== 'running' || told.pods.length < 2) return null;
  const metrics = await stat(kept.submitted.request.directories.metricsFile).catch(() => null);
  if (metrics !== null && metrics.size > 0) return null;
  return missedRendezvous(await lastLinesOf(logs, kept, told));
}

/** The end of a job whose ranks have not met for as long as they may take to start; they hold what others wait for. */
export function missedMeeting(kept: KeptJob, unmet: string | null, now: number): ObservedJob['endedBy'] {
  const { startingSeconds } = kept.submitted.request.plan.deadlines;
  const since = kept.state.since.running;
  if (unmet === null || startingSeconds === null || since === undefined) return null;
  if ((now - Date.parse(since)) / 1000 <= startingSeconds) return null;
  const limit = `limits.starting (${startingSeconds} s)`;
  return { why: 'deadline', reason: `no rank got past the rendezvous within ${limit}: ${unmet}` };
}
