import { describe, expect, it } from 'vitest';
import { sweepSite } from '../../../activities/janitor.ts';
import type { JanitorDeps } from '../../../activities/janitor.ts';
import type { Swept } from '../../../domain/janitor.ts';
import type { RunRecord } from '../../../domain/record.ts';
import { FakeJobs } from '../../support/fake-jobs.ts';
import { jobRequest } from '../../support/job-request.ts';

const ACTIVE = 'digits-abcdefgh-t1';

/** A workspace in which every run has this record. */
function workspaceOf(record: Partial<RunRecord> | null, removed: string[] = []): JanitorDeps['workspace'] {
  return {
    readRecord: async () => record as RunRecord | null,
    listRecords: async () => (record === null ? [] : [record as RunRecord]),
    remove: async (runId: string) => void removed.push(runId),
  } as unknown as JanitorDeps['workspace'];
}

/** Sweeps a site with one job that goes on. */
async function sweep(over: Partial<JanitorDeps> = {}): Promise<{ swept: Swept; ended: readonly string[] }> {
  const jobs = new FakeJobs(() => 'runs');
  await jobs.submit(jobRequest({ root: '/nowhere' }));
  const deps: JanitorDeps = {
    jobs,
    workspace: workspaceOf({ workflowId: 'run-digits-1', view: null }),
    retention: { runsSeconds: null, outputsSeconds: null },
    git: { tidy: async () => undefined },
    runs: { isOver: async () => false },
    note: () => undefined,
    ...over,
  };
  const swept = await sweepSite(deps, { signal: new AbortController().signal });
  return { swept, ended: jobs.cancelled };
}

const isOver = async (): Promise<boolean> => true;

describe('sweepSite', () => {
  it('ends the job of a run that is over', async () => {
    const asked: string[] = [];
    const runs = { isOver: (id: string) => Promise.resolve(asked.push(id) > 0) };
    const { swept, ended } = await sweep({ runs });
    expect(ended).toEqual([ACTIVE]);
    expect(swept).toEqual({ orphans: [ACTIVE], removed: [], runs: [], outputs: [], troubles: [] });
    expect(asked).toEqual(['run-digits-1']);
  });

  it('leaves the job of a run that goes on, and of one that nothing is written down of', async () => {
    expect((await sweep()).ended).toEqual([]);
    expect((await sweep({ runs: { isOver }, workspace: workspaceOf(null) })).ended).toEqual([]);
  });

  it('leaves the job of a run that cannot be asked about, says so, and tidies the rest', async () => {
    let tidied = 0;
    const { swept, ended } = await sweep({
      runs: { isOver: () => Promise.reject(new Error('unreachable')) },
      git: { tidy: async () => void (tidied += 1) },
    });
    expect(ended).toEqual([]);
    expect(swept.troubles).toEqual([`job ${ACTIVE}: unreachable`]);
    expect(tidied).toBe(1);
  });

  it('tells what of ended jobs was removed, and of long lists their beginning', async () => {
    const names = Array.from({ length: 250 }, (_none, index) => `job-${index}`);
    class Sweeping extends FakeJobs {
      override sweep(): Promise<readonly string[]> {
        return Promise.resolve(names);
      }
    }
    const { swept } = await sweep({ jobs: new Sweeping() });
    expect(swept.removed).toEqual(names.slice(0, 100));
  });

  it('removes what a run has left for as long as the settings say', async () => {
    const removed: string[] = [];
    const view = {
      status: 'succeeded',
      finishedAt: '2026-01-01T00:00:00Z',
      stages: [],
    } as unknown as RunRecord['view'];
    const workspace = workspaceOf({ runId: 'run-digits-1', workflowId: 'run-digits-1', view }, removed);
    const { swept } = await sweep({ workspace, retention: { runsSeconds: 60, outputsSeconds: null } });
    expect([removed, swept.runs]).toEqual([['run-digits-1'], ['run-digits-1']]);
  });

  it('stops where it is when its worker stops', async () => {
    const over = new AbortController();
    over.abort();
    const jobs = new FakeJobs(() => 'runs');
    await jobs.submit(jobRequest({ root: '/nowhere' }));
    const deps = { jobs, runs: { isOver } } as unknown as JanitorDeps;
    await expect(sweepSite(deps, { signal: over.signal })).rejects.toThrow();
    expect(jobs.cancelled).toEqual([]);
  });
});
