import { WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../domain/record.ts';
import { sweepOnce, type SweepDeps } from '../../../worker/sweep-jobs.ts';
import { FakeJobs } from '../../support/fake-jobs.ts';
import { jobRequest } from '../../support/job-request.ts';

/** Sweeps one job that goes on, of a run whose workflow has this status; answers the jobs that were ended. */
async function endedBy(status: string | Error): Promise<readonly string[]> {
  const jobs = new FakeJobs(() => 'runs');
  await jobs.submit(jobRequest({ root: '/nowhere' }));
  const describeRun = async (): Promise<unknown> => {
    if (typeof status !== 'string') throw status;
    return { status: { name: status } };
  };
  const deps = {
    client: { workflow: { getHandle: () => ({ describe: describeRun }) } },
    jobs,
    workspace: { readRecord: async () => ({ workflowId: 'run-digits-1' }) as RunRecord },
    logger: { warn: () => {} },
  } as unknown as SweepDeps;
  await sweepOnce(deps);
  return jobs.cancelled;
}

describe('sweepOnce', () => {
  it('ends the job of a run that was terminated from outside', async () => {
    expect(await endedBy('TERMINATED')).toEqual(['digits-abcdefgh-t1']);
  });

  it('leaves the job of a run that goes on', async () => {
    expect(await endedBy('RUNNING')).toEqual([]);
  });

  it('leaves the job of a run that this server does not know, and of one it cannot ask about', async () => {
    expect(await endedBy(new WorkflowNotFoundError('not found', 'run-digits-1', undefined))).toEqual([]);
    expect(await endedBy(new Error('unreachable'))).toEqual([]);
  });
});
