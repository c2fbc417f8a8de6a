import { ActivityNotFoundError, type Client } from '@temporalio/client';
import { settleJob } from '../activities/settle-job.ts';
import type { Jobs, Watch } from '../ports/jobs.ts';
import type { Workspace } from '../ports/workspace.ts';
import type { Logger } from './logger.ts';

/** Completes the waiting activity of each job the moment it ends. */
export async function watchJobs(client: Client, jobs: Jobs, workspace: Workspace, logger: Logger): Promise<Watch> {
  return await jobs.watch(async (status, waiter) => {
    try {
      const verdict = await settleJob({ workspace }, status);
      if (verdict === null) return;
      await client.activity.complete(waiter, verdict);
      logger.info({ job: status.name, phase: verdict.phase }, 'job ended');
    } catch (error) {
      // Nobody waits any more: the run was cancelled, or a reconcile was faster.
      if (error instanceof ActivityNotFoundError) return;
      logger.warn({ job: status.name, why: String(error) }, 'the end of a job could not be told yet');
      throw error;
    }
  });
}
