import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Announced } from '../../ports/outbox.ts';
import { runCli } from '../support/cli-process.ts';
import { type Receiver, startReceiver, WEBHOOK_SECRET } from '../support/notice-channels.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { until } from '../support/until.ts';
import { makeWorld, type WorkerProcess, type World } from '../support/world.ts';

const TOKEN = 'robot-t0ken-4711-abcdef';

let env: TemporalEnv;
let world: World;
let worker: WorkerProcess;
let hook: Receiver;
let chat: Receiver;
let first = '';

beforeAll(async () => {
  env = await startTemporal();
  world = makeWorld({ address: env.address, taskQueue: 'notifications', trainSeconds: 0 });
  [hook, chat] = await Promise.all([startReceiver(), startReceiver()]);
  const config = join(world.folder, '.config', 'trainyard');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'config.yaml'), settings());
  await setCredential('hook-secret', hook.host, WEBHOOK_SECRET);
  await setCredential('robot', chat.host, chat.url(`/hook/${TOKEN}`));
  chat.answer(() => ({ body: '{"code":0,"msg":"success"}' }));
  worker = await world.startWorker({ TEMPORAL_UI_URL: 'https://temporal.example' });
});

afterAll(async () => {
  await world.close();
  await Promise.all([hook.stop(), chat.stop(), env.stop()]);
});

function settings(): string {
  return `
notifications:
  programs: { kind: webhook, url: "${hook.url('/trainyard')}", credential: hook-secret }
  team: { kind: feishu, credential: robot, events: [ended], onlyFailures: true, language: zh }
  gone: { kind: slack, credential: never-set, events: [started] }
`;
}

async function setCredential(name: string, host: string, secret: string): Promise<void> {
  const set = await runCli(world, ['credential', 'set', name, '--host', host], { input: secret });
  expect(set.stderr + set.stdout).not.toContain(secret);
  expect(set.code).toBe(0);
}

async function run(changes: Record<string, unknown> = {}): Promise<string> {
  const sdk = await world.sdk();
  const started = await sdk.start(world.spec({ serve: { kind: 'none' }, ...changes }));
  await started.result({ signal: AbortSignal.timeout(300_000) }).catch(() => undefined);
  return started.runId;
}

function eventsOf(runId: string): readonly Record<string, unknown>[] {
  return hook.seen
    .map(({ body, headers }) => {
      return new Webhook(WEBHOOK_SECRET).verify(body, headers as Record<string, string>) as Record<string, unknown>;
    })
    .filter(({ subject }) => subject === runId);
}

describe('a run', () => {
  it('tells that it has started and that it succeeded, with the next command and the page', async () => {
    const runId = await run();
    first = runId;
    await until(() => eventsOf(runId).length === 2);
    const [started, ended] = eventsOf(runId);
    expect(started).toMatchObject({
      type: 'dev.trainyard.run.started.v1',
      data: {
        title: 'world has started',
        next: [`trainyard run watch ${runId}`],
        link: `https://temporal.example/namespaces/default/workflows/${runId}`,
      },
    });
    expect(ended).toMatchObject({
      type: 'dev.trainyard.run.ended.v1',
      data: { title: 'world succeeded', notice: { status: 'succeeded', metrics: { accuracy: 0.5 } } },
    });
    expect(chat.seen).toEqual([]);
  });

  it('that fails is told to those who asked for failures, in their language; none of it fails another way', async () => {
    const runId = await run({ recipe: { kind: 'command', command: ['sh', '-c', 'echo broken >&2; exit 3'] } });
    await until(() => eventsOf(runId).length === 2 && chat.seen.length === 1);
    expect(chat.seen[0]?.body).toContain('world 失败，阶段 train');
    expect(chat.seen[0]?.body).toContain(`trainyard run logs ${runId}`);
    expect((await (await world.sdk()).get(runId)).error?.code).not.toMatch(/^TY_NOTIFY/);
  });
});

describe('trainyard notify', () => {
  it('lists the channels without a secret', async () => {
    const { stdout, code } = await runCli(world, ['notify', 'list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/programs +webhook +en +all +-/);
    expect(stdout).toMatch(/team +feishu +zh +ended +failures/);
    expect(stdout).not.toContain(TOKEN);
  });

  it('tries a channel and shows the answer', async () => {
    const tried = await runCli(world, ['notify', 'test', 'team']);
    expect(tried).toMatchObject({ code: 0, stdout: 'team took it: 0 success\n' });
    const refused = await runCli(world, ['notify', 'test', 'gone']);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('trainyard credential set never-set');
    const unknown = await runCli(world, ['notify', 'test', 'teem']);
    expect(unknown.stderr).toContain('TY_NOTIFY_UNKNOWN');
    expect(unknown.stderr).toContain('gone, programs, team');
  });

  it('shows what was told of a run, and what a channel has not taken yet', async () => {
    const runId = await run();
    await until(() => eventsOf(runId).length === 2);
    await until(async () => {
      const { stdout } = await runCli(world, ['notify', 'deliveries', runId]);
      expect(stdout).toMatch(/started +programs +told +1 +\S+Z +200 ok/);
      expect(stdout).toMatch(/started +gone +waits +\d/);
      expect(stdout).toMatch(/ended +programs +told +1/);
      return true;
    });
    const { stdout } = await runCli(world, ['notify', 'deliveries', runId, '-o', 'json']);
    const listed = JSON.parse(stdout) as readonly (Announced & { readonly event: string })[];
    expect(listed.map(({ event }) => event)).toEqual(['started', 'ended']);
    const before = await runCli(world, ['notify', 'deliveries', first]);
    expect(before.stdout).toMatch(/started +gone +waits +\d+ +\S+Z +TY_GIT_CREDENTIAL_MISSING/);
    expect(worker.lines.join('\n')).not.toContain(TOKEN);
    expect(worker.lines.join('\n')).not.toContain(WEBHOOK_SECRET);
  });
});
