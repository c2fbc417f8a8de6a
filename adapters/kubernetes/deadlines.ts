import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObservedJob } from '../../domain/cluster-job.ts';
import type { JobPhase } from '../../domain/job.ts';
import type { KeptJob } from './kept-jobs.ts';

type EndedBy = NonNullable<ObservedJob['endedBy']>;

/** The deadline that a job in this phase has missed; one that is suspended misses none. `wrote` = when it last wrote anything, milliseconds. */
export function missedDeadline(kept: KeptJob, phase: JobPhase, now: number, wrote: number): EndedBy | null {
  if (kept.state.suspended !== null) return null;
  const { deadlines } = kept.submitted.request.plan;
  const since = kept.state.since[phase] ?? kept.submitted.submittedAt;
  const seconds = (now - Date.parse(since)) / 1000;
  const over = (limit: number | null | undefined): limit is number => limit != null && seconds > limit;
  if (phase === 'queued' && over(deadlines.queuedSeconds)) {
    return { why: 'deadline', reason: `it found no room within limits.queued (${deadlines.queuedSeconds} s)` };
  }
  if (phase === 'starting' && over(deadlines.startingSeconds)) {
    return {
      why: 'deadline',
      reason: `not every rank started within limits.starting (${deadlines.startingSeconds} s)`,
    };
  }
  const { silentSeconds } = deadlines;
  if (phase !== 'running' || silentSeconds === null || seconds <= silentSeconds) return null;
  if ((now - wrote) / 1000 <= silentSeconds) return null;
  return { why: 'silent', reason: `no output for more than ${silentSeconds} s` };
}

/** When the job last wrote a log line or a metric, milliseconds; 0 = never. */
export async function lastOutput(kept: KeptJob): Promise<number> {
  const { logs, metricsFile } = kept.submitted.request.directories;
  const names = await readdir(logs).catch(() => []);
  const files = [metricsFile, ...names.map((name) => join(logs, name))];
  const times = await Promise.all(
    files.map((file) =>
      stat(file).then(
        (info) => info.mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(0, ...times);
}
