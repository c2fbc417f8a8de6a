import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalServing } from '../../adapters/local/serving.ts';
import { markedProcesses } from '../../adapters/local/process-table.ts';
import { askService } from '../../client/v2-infer.ts';
import { setCrashHook } from '../../ports/crash-point.ts';
import type { RegisterRequest } from '../../ports/serving.ts';
import { servingContract } from '../contract/serving.contract.ts';
import type { DyingWorker } from '../support/register-and-die.ts';
import type { LocalServingHarness, StubBehaviour } from '../support/serving-harness.ts';
import { openLocalServing } from '../support/serving-harness.ts';

servingContract('LocalServing', openLocalServing);

describe('LocalServing', () => {
  let harness: LocalServingHarness;

  beforeEach(async () => {
    harness = await openLocalServing();
  });
  afterEach(async () => {
    setCrashHook(() => {});
    await harness.close();
  });

  const request = async (
    version: string,
    behaviour: StubBehaviour = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<RegisterRequest> => ({
    plan: { kind: 'local', service: 'digits', model: 'digits', port: null, readySeconds: 20 },
    version,
    directory: await harness.makeStub(version, behaviour),
    log: harness.logFile(version),
    signal,
  });

  const servers = (): readonly number[] =>
    markedProcesses('TRAINYARD_SERVICE_FOLDER', join(harness.root, 'published', 'digits'));

  it('answers with the version that was registered last', async () => {
    await harness.serving.register(await request('v1', { offset: 100 }));
    const { url } = await harness.serving.register(await request('v2', { offset: 200 }));
    expect(await askService(url, 'digits', [1, 2, 3, 4])).toEqual([210, 210]);
    expect(servers()).toHaveLength(1);
  });

  it('answers with the version before after a failed one, whose last words are in the error', async () => {
    const { url } = await harness.serving.register(await request('v1', { offset: 100 }));
    const attempt = harness.serving.register(await request('v2', { load: 'fail' }));
    await expect(attempt).rejects.toMatchObject({
      code: 'TY_SERVE_NOT_READY',
      details: { why: expect.stringMatching(/cannot be loaded[^]*version v1 serves again/) as unknown },
    });
    expect(await askService(url, 'digits', [0, 0, 0, 0])).toEqual([100, 100]);
    expect(servers()).toHaveLength(1);
  });

  it('refuses a version whose first answer has another shape than declared', async () => {
    const { url } = await harness.serving.register(await request('v1'));
    const attempt = harness.serving.register(await request('v2', { values: 3 }));
    await expect(attempt).rejects.toMatchObject({ code: 'TY_SERVE_BAD_ANSWER' });
    expect(await askService(url, 'digits', [1, 0, 0, 0])).toEqual([1, 1]);
  });

  it('gives up on a server that never gets ready when its time is over', async () => {
    const slow = await request('v1', { ready: false });
    const attempt = harness.serving.register({ ...slow, plan: { ...slow.plan, readySeconds: 0.5 } });
    await expect(attempt).rejects.toMatchObject({ code: 'TY_SERVE_NOT_READY' });
    expect(servers()).toEqual([]);
  });

  it('ends the new server and brings the old one back when it is aborted half way', async () => {
    const { url } = await harness.serving.register(await request('v1', { offset: 100 }));
    const controller = new AbortController();
    setCrashHook((name) => {
      if (name === 'serve.after-spawn') setImmediate(() => controller.abort(new Error('cancelled')));
    });
    const attempt = harness.serving.register(await request('v2', { ready: false }, controller.signal));
    await expect(attempt).rejects.toThrow('cancelled');
    expect(await askService(url, 'digits', [0, 0, 0, 0])).toEqual([100, 100]);
    expect(servers()).toHaveLength(1);
  });

  it.each(['serve.before-spawn', 'serve.after-spawn', 'serve.after-ready'])(
    'leaves exactly one server when the worker dies at %s and another one retries',
    async (point) => {
      const { url } = await harness.serving.register(await request('v1'));
      const second = await request('v2', { offset: 200 });
      await dieAt(point, harness, second);
      const later = harness.another();
      await later.resume();
      const registered = await later.register(second);
      expect(registered.url).toBe(url);
      expect(servers()).toHaveLength(1);
      expect(await askService(url, 'digits', [0, 0, 0, 0])).toEqual([200, 200]);
    },
  );

  it('takes over the very process that was started just before the worker died', async () => {
    const first = await request('v1');
    await dieAt('serve.after-spawn', harness, first);
    const [stray] = servers();
    const later = harness.another();
    await later.register(first);
    expect((await later.list())[0]?.pid).toBe(stray);
  });

  it('keeps in its file what a later worker needs, and no more than one process', async () => {
    await harness.serving.register(await request('v1'));
    await harness.serving.register(await request('v2'));
    const file = join(harness.root, 'published', 'digits', 'service.json');
    const state: unknown = JSON.parse(await readFile(file, 'utf8'));
    expect(state).toMatchObject({
      service: 'digits',
      current: { version: 'v2' },
      before: { version: 'v1' },
      trying: null,
      running: { version: 'v2' },
    });
  });

  it('ends an attempt at once when all servers are stopped, and starts nothing after it', async () => {
    await harness.serving.register(await request('v1'));
    const spawned = new Promise<void>((resolve) => {
      setCrashHook((name) => name === 'serve.after-spawn' && resolve());
    });
    const attempt = harness.serving.register(await request('v2', { ready: false }));
    const refused = expect(attempt).rejects.toThrow('being stopped');
    await spawned;
    await harness.serving.stopAll();
    await refused;
    expect(servers()).toEqual([]);
  });
});

it('says which piece is missing when this machine cannot serve', async () => {
  const root = await mkdtemp(join(tmpdir(), 'trainyard-serving-'));
  try {
    const serving = createLocalServing({ root, path: root, assets: root });
    const plan = { kind: 'local', service: 'digits', model: 'digits', port: null, readySeconds: 1 } as const;
    await expect(serving.preflight(plan)).rejects.toMatchObject({
      code: 'TY_SERVE_NO_RUNTIME',
      details: { why: expect.stringContaining('python3') as unknown },
    });
  } finally {
    await rm(root, { recursive: true });
  }
});

/** Runs a worker of its own until SIGKILL ends it at the point. */
async function dieAt(point: string, harness: LocalServingHarness, request: RegisterRequest): Promise<void> {
  const { signal: _, ...rest } = request;
  const work: DyingWorker = { root: harness.root, assets: harness.assets, point, request: rest };
  const script = join(import.meta.dirname, '..', 'support', 'register-and-die.ts');
  const child = spawn(process.execPath, [script, JSON.stringify(work)], { stdio: 'inherit' });
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  expect(signal).toBe('SIGKILL');
}
