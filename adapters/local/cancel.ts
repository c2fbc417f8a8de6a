import { join } from 'node:path';
import type { SubmittedProcessJob } from '../../domain/process-job.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import { JOB_FILES, readClaim, readState, takeClaim } from './job-files.ts';
import { replaceFile } from '../shared/json-files.ts';
import { endStrays, isAlive, signalProcess, waitUntil } from './process.ts';
import { settle } from './reconcile.ts';

/** What a supervisor needs besides the grace: reaping, its last sweep and the final state. */
const SLACK_SECONDS = 10;

/**
 * Ends a job and resolves when no process of it is left. The mark goes first, so that a supervisor that misses the
 * signal finds it; a job nobody has taken yet is taken here, and then no supervisor ever starts it.
 */
export async function cancelJob(dir: string, job: SubmittedProcessJob, graceSeconds: number): Promise<void> {
  if (isFinal(dir)) return sweep(job);
  replaceFile(join(dir, JOB_FILES.cancel), JSON.stringify({ graceSeconds }));
  crashPoint('cancel.marked');
  if (takeClaim(dir, null)) {
    await settle(dir, job, null, 'cancelled');
    return;
  }
  const supervisor = readClaim(dir)?.supervisor ?? null;
  if (supervisor !== null) {
    signalProcess(supervisor, 'SIGTERM');
    await waitUntil(() => isFinal(dir) || !isAlive(supervisor), (graceSeconds + SLACK_SECONDS) * 1000);
    // Stopped or stuck: what it holds is ended over its head.
    if (!isFinal(dir)) signalProcess(supervisor, 'SIGKILL');
    await waitUntil(() => isFinal(dir) || !isAlive(supervisor), 2000);
  }
  if (!isFinal(dir)) await settle(dir, job, readState(dir), 'cancelled');
  crashPoint('cancel.before-sweep');
  await sweep(job);
}

function isFinal(dir: string): boolean {
  const outcome = readState(dir)?.outcome;
  return outcome !== undefined && outcome !== null;
}

async function sweep(job: SubmittedProcessJob): Promise<void> {
  await endStrays(job.request.name, 0);
}
