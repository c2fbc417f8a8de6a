import { stat } from 'node:fs/promises';
import type { ClusterJobStatus, KubeObject, ObservedJob } from '../../domain/cluster-job.ts';
import { listAt, textAt } from '../../domain/json.ts';
import { missedRendezvous, quietStart } from '../../domain/rendezvous.ts';
import { lastOutput } from './deadlines.ts';
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

/**
 * A hint for a job of torchrun all of whose ranks run and say nothing at all, not even that they cannot reach each
 * other. `null` = there is nothing to wonder about.
 * @param troubledAt when the cluster was last out of reach, and lines of it with it; milliseconds
 */
export async function quietRanks(
  kept: KeptJob,
  told: ClusterJobStatus,
  pods: readonly KubeObject[],
  { now, troubledAt }: { readonly now: number; readonly troubledAt: number },
): Promise<string | null> {
  const { roles } = kept.submitted.request.plan;
  const since = kept.state.since.running;
  if (told.phase !== 'running' || told.reason !== null || since === undefined || told.pods.length < 2) return null;
  if (!roles.some(({ launcher }) => launcher === 'torchrun')) return null;
  // Files are looked at only when it is time to wonder.
  const facts = { runningSince: Date.parse(since), now, address: meetingPlace(pods) };
  if (quietStart({ ...facts, wrote: 0 }) === null) return null;
  return quietStart({ ...facts, wrote: Math.max(await lastOutput(kept), troubledAt) });
}

/** As the pods are told. */
function meetingPlace(pods: readonly KubeObject[]): string | null {
  const environment = pods.flatMap((pod) =>
    listAt(pod, 'spec', 'containers').flatMap((container) => listAt(container, 'env')),
  );
  const valueOf = (name: string): string | null => {
    const found = environment.find((one) => textAt(one, 'name') === name && textAt(one, 'value') !== null);
    const value = textAt(found, 'value');
    // One that names others is known in the pod alone.
    return value === null || value.includes('$(') ? null : value;
  };
  const [host, port] = [valueOf('PET_MASTER_ADDR'), valueOf('PET_MASTER_PORT')];
  return host === null || port === null ? valueOf('PET_RDZV_ENDPOINT') : `${host}:${port}`;
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
