import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobRequest, JobStatus } from '../../domain/job.ts';
import { isTerminal } from '../../domain/job.ts';
import type { Jobs, Waiter, Watch } from '../../ports/jobs.ts';

/** What a job of the suite does: end well, end with exit code 3, or go on until it is ended. */
export type ContractJob = 'succeeds' | 'fails' | 'runs';

export interface JobsHarness {
  readonly jobs: Jobs;
  /** Whether its jobs can be suspended. */
  readonly suspends: boolean;
  /** The same site seen by another worker. */
  another(): Jobs;
  request(kind: ContractJob, over?: Partial<Pick<JobRequest, 'name' | 'runId' | 'attempt'>>): JobRequest;
  close(): Promise<void>;
}

const SUSPEND = { suspended: true, by: 'lin' } as const;
const RESUME = { suspended: false, by: 'lin' } as const;
const WAITER: Waiter = { workflowId: 'run-digits-1', runId: '0198-run', activityId: 'await-train-1' };

/** What every implementation of the `Jobs` port does. */
export function describeJobsContract(name: string, make: () => Promise<JobsHarness>): void {
  describe(`${name} keeps the contract of Jobs`, () => {
    let site: JobsHarness;
    const watches: Watch[] = [];

    beforeEach(async () => {
      site = await make();
    });

    afterEach(async () => {
      for (const watch of watches.splice(0)) await watch.stop();
      await site.close();
    });

    async function watch(jobs: Jobs, told: [JobStatus, Waiter][], answer: () => void = () => {}): Promise<void> {
      watches.push(
        await jobs.watch((status, waiter) => {
          told.push([status, waiter]);
          answer();
        }),
      );
    }

    it('knows nothing of a job that was never submitted', async () => {
      expect(await site.jobs.read('nobody-abcdefgh-t1')).toBeNull();
    });

    it('runs a job to its good end', async () => {
      const request = site.request('succeeds');
      expect(await site.jobs.submit(request)).toEqual({ adopted: false });
      const status = await ended(site.jobs, request.name);
      expect(status).toMatchObject({
        name: request.name,
        runId: request.runId,
        attempt: 1,
        purpose: 'train',
        phase: 'succeeded',
        cause: null,
      });
      expect(status.finishedAt).not.toBeNull();
      expect(status.ranks[0]).toMatchObject({ role: 'train', rank: 0, step: 'train', exitCode: 0 });
    });

    it('names the rank, the exit code and the last lines of a failure', async () => {
      const request = site.request('fails');
      await site.jobs.submit(request);
      const status = await ended(site.jobs, request.name);
      expect(status.phase).toBe('failed');
      expect(status.cause).toMatchObject({
        kind: 'exit-code',
        code: 'TY_JOB_EXIT_CODE',
        budget: 'code',
        role: 'train',
        rank: 0,
        exitCode: 3,
      });
      expect(status.cause?.lastLines.at(-1)).toContain('no such column');
    });

    it('adopts a job that the same run and attempt submitted before', async () => {
      const request = site.request('runs');
      await site.jobs.submit(request);
      const before = await running(site.jobs, request.name);
      expect(await site.another().submit(request)).toEqual({ adopted: true });
      expect((await running(site.jobs, request.name)).ranks[0]?.pid).toBe(before.ranks[0]?.pid);
    });

    it('refuses a name that another run or another attempt holds', async () => {
      const request = site.request('runs');
      await site.jobs.submit(request);
      const { name } = request;
      await expect(site.jobs.submit(site.request('runs', { name, attempt: 2 }))).rejects.toMatchObject({
        code: 'TY_JOB_NAME_TAKEN',
      });
      await expect(site.jobs.submit(site.request('runs', { name, runId: 'run-other-1' }))).rejects.toMatchObject({
        code: 'TY_JOB_NAME_TAKEN',
      });
    });

    it('tells the end of a job to whoever expects it', async () => {
      const request = site.request('succeeds');
      const told: [JobStatus, Waiter][] = [];
      await watch(site.jobs, told);
      await site.jobs.submit(request);
      await site.jobs.expect(request.name, WAITER);
      await until(() => told.length > 0);
      expect(told[0]?.[0]).toMatchObject({ name: request.name, phase: 'succeeded' });
      expect(told[0]?.[1]).toMatchObject(WAITER);
    });

    it('tells a new watcher of a job that ended while nobody watched', async () => {
      const request = site.request('fails');
      await site.jobs.submit(request);
      await site.jobs.expect(request.name, WAITER);
      await ended(site.jobs, request.name);
      const told: [JobStatus, Waiter][] = [];
      await watch(site.another(), told);
      await until(() => told.length > 0);
      expect(told[0]?.[0].phase).toBe('failed');
    });

    it('tells a waiter that comes after the end', async () => {
      const request = site.request('succeeds');
      const told: [JobStatus, Waiter][] = [];
      await watch(site.jobs, told);
      await site.jobs.submit(request);
      await ended(site.jobs, request.name);
      expect(told).toEqual([]);
      await site.jobs.expect(request.name, WAITER);
      await until(() => told.length > 0);
      expect(told[0]?.[1]).toMatchObject(WAITER);
    });

    it('tells an end again until it was taken, and then no more', async () => {
      const request = site.request('succeeds');
      const told: [JobStatus, Waiter][] = [];
      await watch(site.jobs, told, () => {
        if (told.length === 1) throw new Error('the server does not answer');
      });
      await site.jobs.submit(request);
      await site.jobs.expect(request.name, WAITER);
      await until(() => told.length > 1);
      const later: [JobStatus, Waiter][] = [];
      await watch(site.another(), later);
      expect(told).toHaveLength(2);
      expect(later).toEqual([]);
    });

    it('ends a job that is cancelled, once and again', async () => {
      const request = site.request('runs');
      await site.jobs.submit(request);
      await running(site.jobs, request.name);
      await site.jobs.cancel(request.name, 1);
      const status = await site.jobs.read(request.name);
      expect(status).toMatchObject({ phase: 'cancelled', cause: null });
      await site.jobs.cancel(request.name, 1);
      expect((await site.jobs.read(request.name))?.phase).toBe('cancelled');
    });

    it('stops a job that is suspended, and lets it go on, or refuses it before anything happens', async () => {
      const request = site.request('runs');
      await site.jobs.submit(request);
      await running(site.jobs, request.name);
      if (!site.suspends) {
        const refusal = { code: 'TY_BACKEND_SUSPEND' };
        await expect(site.jobs.suspend(request.name, SUSPEND)).rejects.toMatchObject(refusal);
        await expect(site.jobs.suspend(request.name, RESUME)).rejects.toMatchObject(refusal);
        expect((await site.jobs.read(request.name))?.phase).toBe('running');
        return;
      }
      for (const jobs of [site.jobs, site.another()]) await jobs.suspend(request.name, SUSPEND);
      const stopped = await statusWhen(site.another(), request.name, ({ phase }) => phase === 'queued', 20);
      expect(stopped.reason).toBe('suspended by lin');
      for (const jobs of [site.jobs, site.another()]) await jobs.suspend(request.name, RESUME);
      expect((await running(site.jobs, request.name, 60)).reason).toBeNull();
    });

    it('ends a job that is suspended, and then suspends it no more', async () => {
      const request = site.request('runs');
      await site.jobs.submit(request);
      await running(site.jobs, request.name);
      if (site.suspends) await site.jobs.suspend(request.name, SUSPEND);
      await site.jobs.cancel(request.name, 1);
      expect((await site.jobs.read(request.name))?.phase).toBe('cancelled');
      await expect(site.jobs.suspend(request.name, SUSPEND)).rejects.toMatchObject({
        code: site.suspends ? 'TY_RUN_NOT_SUSPENDABLE' : 'TY_BACKEND_SUSPEND',
      });
      expect((await site.jobs.read(request.name))?.phase).toBe('cancelled');
    });

    it('leaves the result of an ended job alone when it is cancelled, and takes an unknown name', async () => {
      const request = site.request('succeeds');
      await site.jobs.submit(request);
      await ended(site.jobs, request.name);
      await site.jobs.cancel(request.name, 1);
      expect((await site.jobs.read(request.name))?.phase).toBe('succeeded');
      await expect(site.jobs.cancel('nobody-abcdefgh-t1', 1)).resolves.toBeUndefined();
    });
  });
}

/** The status of a job once it has ended. */
export async function ended(jobs: Jobs, name: string, seconds = 20): Promise<JobStatus> {
  return statusWhen(jobs, name, (status) => isTerminal(status.phase), seconds);
}

/** The status of a job once all its ranks run. */
export async function running(jobs: Jobs, name: string, seconds = 20): Promise<JobStatus> {
  return statusWhen(jobs, name, (status) => status.phase === 'running', seconds);
}

/** The status of a job once it holds. */
export async function statusWhen(
  jobs: Jobs,
  name: string,
  holds: (status: JobStatus) => boolean,
  seconds: number,
): Promise<JobStatus> {
  let last: JobStatus | null = null;
  await until(async () => {
    last = await jobs.read(name);
    return last !== null && holds(last);
  }, seconds).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(last)}`);
  });
  if (last === null) throw new Error(`${name} is gone`);
  return last;
}

/** Asks every few milliseconds until `check` holds. */
export async function until(check: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`did not happen within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
