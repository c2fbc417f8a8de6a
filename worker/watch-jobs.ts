import { ActivityCancelledError, ActivityNotFoundError, type Client } from '@temporalio/client';
import type { EvidenceDeps } from '../activities/gate-evidence.ts';
import { settleJob } from '../activities/settle-job.ts';
import type { JobProgress, JobStatus } from '../domain/job.ts';
import { RECONCILE_SECONDS } from '../domain/retry.ts';
import { crashPoint } from '../ports/crash-point.ts';
import type { JobEnded, Jobs, Waiter, Watch } from '../ports/jobs.ts';
import type { Logger } from './logger.ts';

/** Completes the waiting activity of each job the moment it ends. */
export async function watchJobs(client: Client, jobs: Jobs, deps: EvidenceDeps, logger: Logger): Promise<Watch> {
  return await jobs.watch(ended(client, deps, logger), async ({ phase, reason }, waiter) => {
    // Details of a heartbeat are seen by whoever asks for the run, and are no event of its history.
    const progress: JobProgress = { phase, reason };
    await client.activity.heartbeat(waiter, progress).catch((error: unknown) => {
      if (!(error instanceof ActivityNotFoundError || error instanceof ActivityCancelledError)) throw error;
    });
  });
}

/** For as long as a wait that was lost on its way takes to be tried again. */
function mayCome({ finishedAt }: JobStatus, { ahead }: Waiter): boolean {
  return ahead === true && finishedAt !== null && Date.now() - Date.parse(finishedAt) < RECONCILE_SECONDS * 1000;
}

function ended(client: Client, deps: EvidenceDeps, logger: Logger): JobEnded {
  return async (status, waiter) => {
    try {
      const verdict = await settleJob(deps, status);
      if (verdict === null) return;
      crashPoint('job.before-told');
      await client.activity.complete(waiter, verdict);
      crashPoint('job.told');
      logger.info({ job: status.name, phase: verdict.phase }, 'job ended');
    } catch (error) {
      // Nobody waits any more: the run was cancelled, or a reconcile was faster. Or nobody does yet.
      if (error instanceof ActivityNotFoundError && !mayCome(status, waiter)) return;
      if (error instanceof ActivityNotFoundError) throw error;
      logger.warn({ job: status.name, why: String(error) }, 'the end of a job could not be told yet');
      throw error;
    }
  };
}
