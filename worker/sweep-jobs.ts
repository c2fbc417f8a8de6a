import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Jobs, Watch } from '../ports/jobs.ts';
import type { Workspace } from '../ports/workspace.ts';
import type { Logger } from './logger.ts';

const EVERY_MS = 300_000;
const GRACE_SECONDS = 30;

/** What a sweep works with. */
export interface SweepDeps {
  readonly client: Pick<Client, 'workflow'>;
  readonly jobs: Pick<Jobs, 'active' | 'read' | 'cancel'>;
  readonly workspace: Pick<Workspace, 'readRecord'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Sweeps now and every five minutes. */
export function sweepJobs(deps: SweepDeps): Watch {
  let stopped = false;
  let running = Promise.resolve();
  const sweep = (): void => {
    running = running.then(() => sweepOnce(deps, () => stopped));
  };
  sweep();
  const timer = setInterval(sweep, EVERY_MS);
  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** Ends the jobs of runs that are over: one that was terminated from outside has cleaned up nothing. Never throws. */
export async function sweepOnce(deps: SweepDeps, stopped: () => boolean = () => false): Promise<void> {
  const { jobs, logger } = deps;
  const names = await jobs.active().catch(() => []);
  for (const name of names) {
    if (stopped()) return;
    try {
      if (!(await isOrphan(deps, name))) continue;
      logger.warn({ job: name }, 'the run of this job is over: the job is ended');
      await jobs.cancel(name, GRACE_SECONDS);
    } catch (error) {
      logger.warn({ job: name, why: String(error) }, 'a job was not looked after');
    }
  }
}

/** Only what the server says itself counts: a run it does not know may be another server's. */
async function isOrphan({ client, jobs, workspace }: SweepDeps, name: string): Promise<boolean> {
  const status = await jobs.read(name);
  const record = status === null ? null : await workspace.readRecord(status.runId);
  if (record === null) return false;
  // By id alone: a run that was reset goes on under another Temporal run.
  const info = await client.workflow
    .getHandle(record.workflowId)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    });
  return info !== null && ['TERMINATED', 'TIMED_OUT', 'FAILED', 'CANCELLED', 'COMPLETED'].includes(info.status.name);
}
