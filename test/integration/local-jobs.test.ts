import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { latestUsage, readUsage } from '../../adapters/shared/usage.ts';
import type { JobRequest, JobStatus, ProcessStep } from '../../domain/job.ts';
import type { JobRequestOptions } from '../support/job-request.ts';
import { openLocalSite, processesOf } from '../support/local-site.ts';
import type { LocalSite } from '../support/local-site.ts';
import { ended, running, until } from '../contract/jobs.contract.ts';

const sh = (script: string): readonly string[] => ['sh', '-c', script];
const step = (name: ProcessStep['name'], script: string): ProcessStep => ({ name, argv: sh(script), cwd: 'code' });

/** The first rank holds a rendezvous as torch's does: it listens and is its own first client. */
const JOINS = `
import os, socket, sys, time
port = int(os.environ["MASTER_PORT"])
if os.environ["RANK"] == "0":
    server = socket.create_server(("127.0.0.1", port))
    client = socket.create_connection(("127.0.0.1", port))
elif sys.argv[1] == "joins":
    time.sleep(0.5)
    client = socket.create_connection(("127.0.0.1", port))
print("hello", flush=True)
time.sleep(300)
`;

describe('a local job', () => {
  let site: LocalSite;

  beforeEach(() => {
    site = openLocalSite();
  });

  afterEach(async () => {
    await site.close();
  });

  async function submit(options: Omit<JobRequestOptions, 'root'>): Promise<JobRequest> {
    const request = site.request(options);
    await site.jobs.submit(request);
    return request;
  }

  async function outcome(options: Omit<JobRequestOptions, 'root'>): Promise<JobStatus> {
    return ended(site.jobs, (await submit(options)).name);
  }

  it('ends the other ranks within ten seconds of the first failure and names that rank', async () => {
    const script =
      'if [ "$NODE_RANK" = 1 ]; then sleep 0.3; echo "diverged" >&2; exit 3; fi; trap "" TERM; while :; do sleep 1; done';
    const request = await submit({ argv: sh(script), role: { replicas: 2 }, graceSeconds: 1 });
    const status = await ended(site.jobs, request.name);
    const [stubborn, failed] = status.ranks;
    const seconds = (Date.parse(status.finishedAt ?? '') - Date.parse(failed?.finishedAt ?? '')) / 1000;
    expect(seconds).toBeLessThan(10);
    expect(stubborn?.signal).toBe('SIGKILL');
    expect(status.cause).toMatchObject({ kind: 'exit-code', rank: 1, exitCode: 3, lastLines: ['diverged'] });
    expect(processesOf(request)).toEqual([]);
  });

  it('ends at the start deadline and names the rank that did not join', async () => {
    const argv = ['python3', '-c', JOINS, 'hangs'];
    const status = await outcome({
      argv,
      role: { launcher: 'torchrun', procsPerReplica: 2 },
      deadlines: { startingSeconds: 2 },
      graceSeconds: 1,
    });
    expect(status.cause).toMatchObject({
      kind: 'start-deadline',
      code: 'TY_JOB_START_DEADLINE',
      role: 'train',
      rank: 1,
    });
    expect(status.cause?.message).toContain('train rank 1 did not join the rendezvous within 2 s');
  });

  it('runs on past the start deadline once every rank has joined', async () => {
    const argv = ['python3', '-c', JOINS, 'joins'];
    const request = await submit({
      argv,
      role: { launcher: 'torchrun', procsPerReplica: 2 },
      deadlines: { startingSeconds: 2 },
      graceSeconds: 1,
    });
    await until(async () => (await site.jobs.read(request.name))?.phase !== 'queued');
    const early = await site.jobs.read(request.name);
    expect(early).toMatchObject({ phase: 'starting', reason: 'waits for train rank 0, train rank 1 to join' });
    const status = await running(site.jobs, request.name);
    await until(() => Date.now() > Date.parse(status.startedAt ?? '') + 4000);
    expect((await site.jobs.read(request.name))?.phase).toBe('running');
  });

  it('names the first rank too when nobody opened the rendezvous', async () => {
    const role = { launcher: 'torchrun', procsPerReplica: 2 } as const;
    const argv = sh('echo loading; exec sleep 300');
    const status = await outcome({ argv, role, deadlines: { startingSeconds: 2 }, graceSeconds: 1 });
    expect(status.cause).toMatchObject({ kind: 'start-deadline', rank: 0, lastLines: ['loading'] });
  });

  it('lets ranks that work and meet elsewhere pass the start deadline', async () => {
    const role = { launcher: 'torchrun', procsPerReplica: 2 } as const;
    const request = await submit({
      argv: sh('echo loading; while :; do :; done'),
      role,
      deadlines: { startingSeconds: 2 },
    });
    await until(async () => (await site.jobs.read(request.name))?.startedAt != null);
    const startedAt = Date.parse((await site.jobs.read(request.name))?.startedAt ?? '');
    await until(() => Date.now() > startedAt + 5000);
    expect((await site.jobs.read(request.name))?.finishedAt).toBeNull();
  });

  it('leaves no process after a cancel, not even one that left its group and ignores TERM', async () => {
    const script =
      'setsid sh -c "trap \\"\\" TERM; while :; do sleep 1; done" & trap "" TERM; while :; do sleep 1; done';
    const request = await submit({ argv: sh(script), role: { replicas: 2 } });
    await until(() => processesOf(request).length >= 4);
    await site.jobs.cancel(request.name, 0.5);
    expect(processesOf(request)).toEqual([]);
    expect((await site.jobs.read(request.name))?.phase).toBe('cancelled');
  });

  it('says which program does not exist', async () => {
    const status = await outcome({ argv: ['no-such-trainer', '--epochs=1'] });
    expect(status.cause).toMatchObject({ kind: 'command-not-found', code: 'TY_JOB_COMMAND_NOT_FOUND', exitCode: 127 });
    expect(status.cause?.message).toContain('"no-such-trainer"');
  });

  it('tells a kill from outside from an exit, and that memory may be why', async () => {
    const status = await outcome({ argv: sh('kill -KILL $$') });
    expect(status.cause).toMatchObject({ kind: 'signal', code: 'TY_JOB_SIGNAL', signal: 'SIGKILL', budget: 'code' });
    expect(status.cause?.message).toContain('possible OOM');
  });

  it('ends a rank that uses more memory than was asked for, and says both numbers', async () => {
    const argv = ['python3', '-c', 'import time; data = b"x" * (200 << 20); time.sleep(60)'];
    const status = await outcome({ argv, resources: { memoryBytes: 64 << 20 }, graceSeconds: 1 });
    expect(status.cause).toMatchObject({ kind: 'oom', code: 'TY_JOB_OOM', rank: 0 });
    expect(status.cause?.message).toMatch(/64 MiB asked for, 2\d\d MiB used/);
  });

  it('bounds open files and passes the argument on as it is', async () => {
    const request = await submit({
      argv: ['sh', '-c', 'ulimit -n; echo "$1"', 'sh', '$(touch pwned); `id` "x'],
      resources: { openFiles: 123 },
    });
    await ended(site.jobs, request.name);
    expect(site.log(request, 0)).toBe('123\n$(touch pwned); `id` "x\n');
    expect(existsSync(join(site.root, 'code', 'pwned'))).toBe(false);
  });

  it("gives processes none of the secrets in the worker's environment", async () => {
    vi.stubEnv('TRAINYARD_CREDENTIAL_GIT', 'unique-secret-1');
    vi.stubEnv('TEMPORAL_API_KEY', 'unique-secret-2');
    vi.stubEnv('FORGE_TOKEN', 'unique-secret-3');
    const request = await submit({ argv: sh('env; cat "/proc/$PPID/environ" | tr "\\0" "\\n"') });
    await ended(site.jobs, request.name);
    const log = site.log(request, 0);
    expect(log).toContain(`TRAINYARD_OUTPUT_DIR=${request.directories.output}`);
    expect(log).not.toContain('unique-secret');
  });

  it('runs steps one after the other, packages on the first rank only, and times each', async () => {
    const steps = [
      step('train', 'sleep 0.2; echo train'),
      step('package', 'echo package of $WORLD_SIZE'),
      step('evaluate', 'echo evaluate'),
    ];
    const request = await submit({ role: { launcher: 'torchrun', procsPerReplica: 2, steps } });
    const status = await ended(site.jobs, request.name);
    expect(status.phase).toBe('succeeded');
    expect(site.log(request, 0)).toBe('train\npackage of 1\nevaluate\n');
    expect(site.log(request, 1)).toBe('train\n');
    expect(status.stepSeconds.train).toBeGreaterThanOrEqual(0.2);
    expect(Object.keys(status.stepSeconds)).toEqual(['train', 'package', 'evaluate']);
  });

  it('does not start the next step after one that failed', async () => {
    const request = await submit({ role: { steps: [step('train', 'exit 4'), step('package', 'echo package')] } });
    const status = await ended(site.jobs, request.name);
    expect(status.cause).toMatchObject({ step: 'train', exitCode: 4 });
    expect(site.log(request, 0)).toBe('');
  });

  it('ends what a rank that ended well left running', async () => {
    const request = await submit({ argv: sh('sleep 300 & setsid sleep 300 & exit 0') });
    expect((await ended(site.jobs, request.name)).phase).toBe('succeeded');
    await until(() => processesOf(request).length === 0);
  });

  it('notes a silence and goes on', async () => {
    const request = await submit({ argv: ['sleep', '300'], deadlines: { silentSeconds: 1 } });
    await until(async () => (await site.jobs.read(request.name))?.reason === 'no output for more than 1 s');
    expect((await site.jobs.read(request.name))?.phase).toBe('running');
  });

  it('keeps what each rank uses while it runs', async () => {
    const request = await submit({ argv: sh('while :; do :; done') });
    await until(() => latestUsage(request.name, readUsage(site.jobDir(request)))[0]?.cpu != null);
    const [usage] = latestUsage(request.name, readUsage(site.jobDir(request)));
    expect(usage).toMatchObject({ job: request.name, role: 'train', rank: 0 });
    expect(usage?.cpu).toBeGreaterThan(0.05);
    expect(usage?.memoryBytes).toBeGreaterThan(100_000);
  });

  it('refuses torchrun where Python has no torch, and where there is no Python', async () => {
    const lacking = openLocalSite(join(site.root, 'code'));
    await expect(lacking.jobs.preflight('plain')).resolves.toBeUndefined();
    await expect(lacking.jobs.preflight('torchrun')).rejects.toMatchObject({
      code: 'TY_SITE_NO_TORCH',
      message: 'the site has no python3',
    });
    writeFileSync(join(site.root, 'code', 'python3'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
    await expect(lacking.jobs.preflight('torchrun')).rejects.toMatchObject({
      details: { why: 'it has no module named torch' },
    });
    await lacking.close();
  });

  it('counts a folder that is not there as a failure with its own words', async () => {
    const request = site.request({ argv: ['true'] });
    await site.jobs.submit({ ...request, directories: { ...request.directories, code: '/nonexistent/code' } });
    const status = await ended(site.jobs, request.name);
    expect(status.cause?.code).toBe('TY_JOB_COMMAND_NOT_FOUND');
    expect(status.cause?.message).toContain('its directory');
    expect(readFileSync(join(site.jobDir(request), 'supervisor.log'), 'utf8')).toBe('');
  });
});
