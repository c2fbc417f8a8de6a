import { mkdirSync, writeFileSync } from 'node:fs';
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

/** What somebody types who is known by this name. */
const as = (name: string, ...args: readonly string[]): Promise<CliAnswer> =>
  runCli(world, args, { env: { TRAINYARD_IDENTITY_FILE: identityOf(name) } });
const identityOf = (name: string): string => join(world.folder, 'people', `${name}.json`);

beforeAll(async () => {
  env = await startTemporal();
  world = makeWorld({ address: env.address, taskQueue: 'gates', trainSeconds: 0 });
  const lines: string[] = ['identities:'];
  for (const name of ['alice', 'bob', 'carol']) {
    const made = await as(name, 'identity', 'create', name);
    expect(made.code, made.stderr).toBe(0);
    const [, ...own] = made.stdout.trimEnd().split('\n');
    lines.push(...own.map((line) => line.replace('groups: []', 'groups: [ml]')));
  }
  const config = join(world.folder, '.config', 'trainyard');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'config.yaml'), `${lines.join('\n')}\n`);
  await world.startWorker();
  sdk = await world.sdk();
});

afterAll(async () => {
  await world.close();
  await env.stop();
});

async function start(by: string, gates: object): Promise<string> {
  const file = join(world.folder, 'spec.yaml');
  writeFileSync(file, JSON.stringify(world.spec({ serve: null, gates })));
  const started = await as(by, 'run', 'start', '-f', file, '-o', 'name', '--detach');
  expect(started.code, started.stderr).toBe(0);
  return started.stdout.trim();
}

const ended = (runId: string) => sdk.result(runId, { signal: AbortSignal.timeout(SETTLED) });

async function waiting(runId: string): Promise<void> {
  await until(async () => (await sdk.get(runId)).status === 'waiting');
}

describe('a gate between people', () => {
  it('lets what is good enough pass, and asks two others about what is not', async () => {
    const good = await start('carol', { push: { metric: 'accuracy >= 0.5', approvers: ['group:ml'], quorum: 2 } });
    const passed = await ended(good);
    expect([passed.error, passed.gates?.[0]?.by]).toEqual([null, 'metric']);

    const push = {
      metric: 'accuracy >= 0.9 and regress(accuracy) < 0.01',
      baseline: good,
      approvers: ['group:ml'],
      quorum: 2,
    };
    const runId = await start('carol', { push });
    await waiting(runId);
    const shown = await as('alice', 'gate', 'show', runId);
    expect(shown.stdout).toContain('accuracy 0.5 >= 0.9 is false; regress(accuracy) 0 < 0.01 is true');
    expect(shown.stdout).toMatch(/accuracy +0\.5 +█+ +0\.5 +█+ +0/);
    expect((await as('alice', 'gate', 'list')).stdout).toMatch(new RegExp(`${runId} +push +waits for people +0/2`));

    const own = await as('carol', 'gate', 'approve', runId, '--yes');
    expect([own.code, own.stderr]).toEqual([1, expect.stringContaining('carol started the run')]);
    expect((await as('alice', 'gate', 'approve', runId, '--yes', '-m', 'well enough')).stdout).toContain('1 of 2');
    expect((await as('bob', 'gate', 'approve', runId, '--yes')).stdout).toContain('approved by alice, bob');
    expect((await ended(runId)).error).toBeNull();

    const { gates = [], commit, plan } = world.record(runId);
    expect([plan.requester, commit?.length]).toEqual(['carol', 40]);
    expect(gates).toMatchObject([
      { stage: 'push', state: 'approved', votes: [{ actor: 'alice', comment: 'well enough', verified: true }, {}] },
    ]);
  });

  it('ends a run that one of them rejects, pushes nothing, and says who and why', async () => {
    const runId = await start('alice', { push: { approvers: ['bob'] } });
    await waiting(runId);
    await as('bob', 'gate', 'reject', runId, '--yes', '-m', 'too small');
    const { status, error, output } = await ended(runId);
    expect({ status, code: error?.code, why: error?.why, commit: output?.commit }).toEqual({
      status: 'failed',
      code: 'TY_GATE_REJECTED',
      why: 'too small',
      commit: null,
    });
    const late = await as('bob', 'gate', 'approve', runId, '--yes');
    expect(late.code).toBe(1);
  });

  it('refuses at once what nobody could decide', async () => {
    const unknown = await ended(await start('alice', { push: { approvers: ['eve'] } }));
    expect(unknown.error).toMatchObject({ code: 'TY_GATE_APPROVERS', fix: expect.stringMatching(/create eve/) });
    const nobody = await ended(await start('alice', { train: {} }));
    expect(nobody.error?.code).toBe('TY_GATE_APPROVERS');
    const unsigned = await ended(await start('nobody', { push: { approvers: ['bob'] } }));
    expect(unsigned.error?.code).toBe('TY_GATE_REQUESTER');
  });
});
