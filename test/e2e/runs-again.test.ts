import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trainyard } from '../../client/index.ts';
import { type CliAnswer, runCli } from '../support/cli-process.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { until } from '../support/until.ts';
import { makeWorld, type World } from '../support/world.ts';

const SETTLED = 240_000;

let env: TemporalEnv;
let world: World;
let sdk: Trainyard;

beforeAll(async () => {
  env = await startTemporal();
  world = makeWorld({ address: env.address, taskQueue: 'again', trainSeconds: 0 });
  await world.startWorker();
  sdk = await world.sdk();
});

afterAll(async () => {
  await world.close();
  await env.stop();
});

const cli = (...args: readonly string[]): Promise<CliAnswer> => runCli(world, args);

async function trained(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const short = { serve: null, output: null, ...changes };
  const { runId } = await sdk.start(world.spec(short));
  const { error } = await sdk.result(runId, { signal: AbortSignal.timeout(SETTLED) });
  expect(error).toBeNull();
  return runId;
}

describe('the command line, after a run', () => {
  it('starts it again with a changed field, and tells the two apart', async () => {
    const a = await trained({ recipe: { kind: 'command', command: ['sh', 'train.sh'], args: { lr: 1 } } });
    const started = await cli('run', 'resubmit', a, '--set', 'recipe.args.lr=2', '--wait', '-o', 'json');
    expect(started.code, started.stderr).toBe(0);
    const { runId: b } = JSON.parse(started.stdout) as { readonly runId: string };
    expect(b).not.toBe(a);

    const diff = await cli('run', 'diff', a, b, '-o', 'json');
    expect(JSON.parse(diff.stdout)).toMatchObject({
      runs: [a, b],
      fields: [{ name: 'recipe.args.lr', a: '1', b: '2' }],
      commits: [],
      metrics: [{ name: 'accuracy', a: 0.5, b: 0.5, delta: 0 }],
    });
    const table = await cli('run', 'diff', a, b);
    expect(table.stdout).toMatch(/recipe\.args\.lr +1 +2/);
    expect(table.stdout).toMatch(/train +\d/);
  });

  it('goes on from it, and shows where the run comes from', async () => {
    const of = await trained();
    const started = await cli('run', 'rerun', of, '--from', 'package', '--wait');
    expect(started.code).toBe(0);
    expect(started.stdout).toContain(`${of}, from package`);
    expect(started.stdout).toMatch(/↺ train .*reused/);
    const refused = await cli('run', 'rerun', of);
    expect({ code: refused.code, named: refused.stderr.includes('--from') }).toEqual({ code: 2, named: true });
  });

  it('removes it with its files and its history, and asks before', async () => {
    const runId = await trained();
    const folder = join(world.workspace, 'runs', runId);
    const asked = await cli('run', 'delete', runId);
    expect({ code: asked.code, there: existsSync(folder) }).toEqual({ code: 2, there: true });
    const removed = await cli('run', 'delete', runId, '--yes', '-o', 'name');
    expect(removed).toMatchObject({ code: 0, stdout: `${runId}\n` });
    expect(existsSync(folder)).toBe(false);
    await until(async () => {
      const gone = await sdk.get(runId).then(
        () => false,
        (error: unknown) => (error as { readonly code?: unknown }).code === 'TY_RUN_NOT_FOUND',
      );
      return gone;
    });
  });

  it('removes all that have ended so and so long ago, and no other', async () => {
    const kept = await trained();
    const bad = { package: null, evaluate: null, recipe: { kind: 'command', command: ['false'] } };
    const { runId: failed } = await sdk.start(world.spec({ serve: null, output: null, ...bad }));
    expect((await sdk.result(failed, { signal: AbortSignal.timeout(SETTLED) })).status).toBe('failed');
    const none = await cli('run', 'delete', '--status', 'failed', '--older-than', '1h', '--yes');
    expect(none).toMatchObject({ code: 0, stdout: '' });
    const removed = await cli('run', 'delete', '--status', 'failed', '--yes', '-o', 'json');
    expect(JSON.parse(removed.stdout)).toEqual({ removed: [failed] });
    const left = readdirSync(join(world.workspace, 'runs'));
    expect({ kept: left.includes(kept), failed: left.includes(failed) }).toEqual({ kept: true, failed: false });
  });

  it('does not wait for the grace of a job when it cancels a second time', async () => {
    const deaf = ['sh', '-c', "trap '' TERM; while :; do sleep 1; done"];
    const { runId } = await sdk.start(
      world.spec({ recipe: { kind: 'command', command: deaf }, limits: { grace: '10m' }, serve: null, output: null }),
    );
    await until(async () => (await sdk.get(runId)).stage === 'train' && world.processes().length > 0);
    const busy = await cli('run', 'delete', runId, '--yes');
    expect(busy.code).toBe(1);
    expect(busy.stderr).toContain('TY_RUN_NOT_OVER');
    expect(busy.stderr).toContain(`trainyard run cancel ${runId}`);

    await cli('run', 'cancel', runId, '--yes', '--detach');
    await until(async () => (await sdk.get(runId)).status === 'cancelling');
    const asked = performance.now();
    const second = await cli('run', 'cancel', runId, '--yes');
    expect(second.code).toBe(0);
    expect((performance.now() - asked) / 1000).toBeLessThan(60);
    const view = await sdk.get(runId);
    expect({ status: view.status, leftovers: view.leftovers }).toEqual({ status: 'cancelled', leftovers: [] });
    expect(world.processes()).toEqual([]);
  });
});
