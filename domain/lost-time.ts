import { wantedDevices } from './accelerators.ts';
import type { JobPlan, JobVerdict } from './job.ts';

/** What an attempt took, and what of it has to be done again. Seconds. */
export interface AttemptCost {
  /** Of all its accelerators together. */
  readonly acceleratorSeconds: number;
  /** From the last checkpoint, or the start, to the end; 0 for an attempt that did not fail. */
  readonly lostSeconds: number;
  readonly lostAcceleratorSeconds: number;
}

export interface AttemptFacts extends Pick<JobVerdict, 'phase' | 'startedAt' | 'finishedAt'> {
  /** When the checkpoint that the next attempt goes on from was written, RFC 3339; `null` = there is none. */
  readonly checkpointAt: string | null;
  /** Of all replicas together. */
  readonly accelerators: number;
}

/** What an attempt cost. A checkpoint from before its start saved nothing of it; clocks may differ a little. */
export function attemptCost({ phase, startedAt, finishedAt, checkpointAt, accelerators }: AttemptFacts): AttemptCost {
  if (startedAt === null || finishedAt === null) {
    return { acceleratorSeconds: 0, lostSeconds: 0, lostAcceleratorSeconds: 0 };
  }
  const start = Date.parse(startedAt);
  const end = Math.max(start, Date.parse(finishedAt));
  const saved = checkpointAt === null ? start : Math.min(end, Math.max(start, Date.parse(checkpointAt)));
  const lostSeconds = phase === 'failed' ? tenths(end - saved) : 0;
  return {
    acceleratorSeconds: round(tenths(end - start) * accelerators),
    lostSeconds,
    lostAcceleratorSeconds: round(lostSeconds * accelerators),
  };
}

/** Accelerators of all replicas of a job; a share of one counts as one. None on this machine. */
export function acceleratorsOf({ cluster, roles }: Pick<JobPlan, 'cluster' | 'roles'>): number {
  if (cluster === undefined) return 0;
  const { pod, roles: terms } = cluster.options;
  return roles.reduce((sum, { name, replicas }) => {
    const devices = wantedDevices(terms[name]?.pod.accelerators ?? pod.accelerators);
    return sum + replicas * devices.reduce((count, one) => count + (one.count ?? 1), 0);
  }, 0);
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
