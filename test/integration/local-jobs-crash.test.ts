import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readClaim, readState, writeState } from '../../adapters/local/job-files.ts';
import { isAlive } from '../../adapters/local/process.ts';
import type { JobRequest } from '../../domain/job.ts';
import { ended, running, until } from '../contract/jobs.contract.ts';
import type { JobRequestOptions } from '../support/job-request.ts';
import { openLocalSite, processesOf } from '../support/local-site.ts';
import type { LocalSite } from '../support/local-site.ts';

const SUBMIT_AND_DIE = fileURLToPath(new URL('../support/submit-and-die.ts', import.meta.url));
const sh = (script: string): readonly string[] => ['sh', '-c', script];

describe('a local job survives', () => {
  let site: LocalSite;

  beforeEach(() => {
    site = openLocalSite();
  });

  afterEach(async () => {
    await site.close();
  });

  async function submitAndRun(options: Omit<JobRequestOptions, 'root'>): Promise<JobRequest> {
    const request = site.request(options);
    await site.jobs.submit(request);
    await running(site.jobs, request.name);
    return request;
  }

  function supervisorOf(request: JobRequest): { readonly pid: number; readonly started: string } {
    const supervisor = readClaim(site.jobDir(request))?.supervisor ?? null;
    if (supervisor === null) throw new Error('the job has no supervisor');
    return supervisor;
  }

  it.each([
    ['job.before-spawn', 'nothing in stock', []],
    ['job.after-spawn', 'nothing in stock', []],
    ['job.after-spawn', 'a supervisor in stock', ['watches']],
  ])('a worker killed at %s with %s: the next submission starts it exactly once', async (place, _stock, watches) => {
    const request = site.request({ argv: sh('echo started; sleep 0.5') });
    const worker = spawnSync(process.execPath, [SUBMIT_AND_DIE, site.root, JSON.stringify(request), place, ...watches]);
    expect(worker.signal).toBe('SIGKILL');
    expect(await site.another().submit(request)).toEqual({ adopted: true });
    expect((await ended(site.jobs, request.name)).phase).toBe('succeeded');
    expect(site.log(request, 0)).toBe('started\n');
  });

  it('two submissions at once: its ranks are started once', async () => {
    const request = site.request({ argv: sh('echo started; sleep 0.5') });
    const answers = await Promise.all([site.jobs, site.another(), site.another()].map((jobs) => jobs.submit(request)));
    expect(answers.filter(({ adopted }) => !adopted)).toHaveLength(1);
    expect((await ended(site.jobs, request.name)).phase).toBe('succeeded');
    expect(site.log(request, 0)).toBe('started\n');
  });

  it('the end of its worker: the next one sees the same processes and is told the end', async () => {
    const request = site.request({ argv: sh('while [ ! -e go ]; do sleep 0.05; done') });
    const worker = spawnSync(process.execPath, [SUBMIT_AND_DIE, site.root, JSON.stringify(request), 'never']);
    expect(worker.status).toBe(0);
    const before = await running(site.jobs, request.name);
    expect(await site.another().submit(request)).toEqual({ adopted: true });
    const told: string[] = [];
    const watch = await site.another().watch((status) => void told.push(status.phase));
    await site.jobs.expect(request.name, { workflowId: 'w', runId: 'r', activityId: 'a' });
    expect((await running(site.jobs, request.name)).ranks[0]?.pid).toBe(before.ranks[0]?.pid);
    spawnSync('touch', [join(site.root, 'code', 'go')]);
    await until(() => told.length > 0);
    await watch.stop();
    expect(told).toEqual(['succeeded']);
    expect(readdirSync(join(site.root, 'active'))).toEqual([]);
  });

  it('not the kill of its supervisor: it is lost, told, and no rank is left', async () => {
    const request = await submitAndRun({
      argv: sh('trap "" TERM; setsid sleep 300 & while :; do sleep 1; done'),
      role: { replicas: 2 },
    });
    const told: string[] = [];
    const watch = await site.jobs.watch((status) => void told.push(status.cause?.code ?? ''));
    await site.jobs.expect(request.name, { workflowId: 'w', runId: 'r', activityId: 'a' });
    process.kill(supervisorOf(request).pid, 'SIGKILL');
    await until(() => told.length > 0);
    await watch.stop();
    expect(told).toEqual(['TY_JOB_LOST']);
    expect(processesOf(request)).toEqual([]);
    expect(await site.jobs.read(request.name)).toMatchObject({
      phase: 'failed',
      cause: { kind: 'lost', budget: 'infrastructure' },
    });
  });

  it('the kill of its supervisor after its ranks had ended: the record says how', async () => {
    const request = await submitAndRun({ argv: sh('while [ ! -e go ]; do sleep 0.05; done; exit 3') });
    spawnSync('touch', [join(site.root, 'code', 'go')]);
    await ended(site.jobs, request.name);
    const dir = site.jobDir(request);
    await until(() => !isAlive(supervisorOf(request)));
    const final = readState(dir);
    if (final === null) throw new Error('the job has no state');
    writeState(dir, { ...final, outcome: null, finishedAt: null });
    expect(await site.jobs.read(request.name)).toMatchObject({
      phase: 'failed',
      cause: { kind: 'exit-code', exitCode: 3 },
    });
  });

  it('a cancel whose supervisor is already dead', async () => {
    const request = await submitAndRun({ argv: ['sleep', '300'] });
    process.kill(supervisorOf(request).pid, 'SIGKILL');
    await site.jobs.cancel(request.name, 5);
    expect((await site.jobs.read(request.name))?.phase).toBe('cancelled');
    expect(processesOf(request)).toEqual([]);
  });

  it('a cancel before any supervisor took it: it is never started', async () => {
    const request = site.request({ argv: sh('echo started') });
    spawnSync(process.execPath, [SUBMIT_AND_DIE, site.root, JSON.stringify(request), 'job.before-spawn']);
    await site.jobs.cancel(request.name, 5);
    expect(await site.jobs.submit(request)).toEqual({ adopted: true });
    expect((await site.jobs.read(request.name))?.phase).toBe('cancelled');
    expect(existsSync(request.directories.logs)).toBe(false);
  });

  it('not a machine that shuts down: the infrastructure pays, not the code', async () => {
    const request = await submitAndRun({ argv: ['sleep', '300'] });
    process.kill(supervisorOf(request).pid, 'SIGTERM');
    const status = await ended(site.jobs, request.name);
    expect(status.cause).toMatchObject({ kind: 'lost', budget: 'infrastructure' });
    expect(status.cause?.message).toContain('shuts down');
  });
});
