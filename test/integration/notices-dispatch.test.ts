import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channelMaker } from '../../adapters/notify/create-channel.ts';
import { createOutbox } from '../../adapters/store/outbox.ts';
import type { ChannelSettings } from '../../domain/notices/channel.ts';
import type { Patience } from '../../domain/notices/delivery.ts';
import {
  endedNotice,
  gateDecidedNotice,
  gateReminderNotices,
  gateWaitingNotice,
  startedNotice,
} from '../../domain/notices/make.ts';
import type { Watch } from '../../ports/jobs.ts';
import type { Outbox } from '../../ports/outbox.ts';
import { dispatchNotices } from '../../worker/dispatch-notices.ts';
import {
  chatSettings,
  type Receiver,
  startReceiver,
  tempCredentials,
  WEBHOOK_SECRET,
  webhookSettings,
} from '../support/notice-channels.ts';
import { endedView, namedRun, waitingGate } from '../support/notice-world.ts';
import { until } from '../support/until.ts';

const DIE = fileURLToPath(new URL('../support/dispatch-and-die.ts', import.meta.url));
const AT = '2026-01-02T03:04:05.000Z';
const PATIENCE: Patience = { firstMs: 30, longestMs: 200, giveUpMs: 60_000 };

let root: string;
let outbox: Outbox;
let secrets: ReturnType<typeof tempCredentials>;
let receivers: Receiver[];
let dispatchers: Watch[];
let log: { readonly level: string; readonly text: string }[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trainyard-notices-'));
  outbox = createOutbox(root);
  secrets = tempCredentials();
  receivers = [];
  dispatchers = [];
  log = [];
});
afterEach(async () => {
  await Promise.all(dispatchers.map((one) => one.stop()));
  await Promise.all(receivers.map((one) => one.stop()));
  secrets.remove();
  rmSync(root, { recursive: true, force: true });
});

function dispatch(channels: readonly ChannelSettings[], patience = PATIENCE): Watch {
  const say = (level: string) => (facts: unknown, text?: string) => {
    log.push({ level, text: `${text ?? ''} ${JSON.stringify(facts)}` });
  };
  const made = dispatchNotices({
    outbox,
    channels,
    makeChannel: channelMaker(secrets.credentials),
    pageOf: (runId) => `https://ui.example/${runId}`,
    logger: { info: say('info'), warn: say('warn'), error: say('error') },
    patience,
    lookMs: 200,
  });
  dispatchers.push(made);
  return made;
}

/** A webhook of its own, and whoever receives it. */
async function webhook(name: string, changes: Partial<ChannelSettings> = {}) {
  const receiver = await startReceiver();
  receivers.push(receiver);
  await secrets.credentials.set({ name, host: receiver.host, username: 'git' }, WEBHOOK_SECRET);
  const settings = {
    ...webhookSettings(receiver.url('/in'), { name, credential: name }),
    ...changes,
  } as ChannelSettings;
  return { receiver, settings };
}

async function settled(): Promise<void> {
  await until(async () => (await outbox.pending()).length === 0);
}

function types(receiver: Receiver): readonly string[] {
  return receiver.seen.map(({ body }) => (JSON.parse(body) as { type: string }).type);
}

function ids(receiver: Receiver): readonly string[] {
  return receiver.seen.map(({ headers }) => String(headers['webhook-id']));
}

const started = (runId = 'run-digits-abc234') => startedNotice(namedRun({ runId }), AT);

describe('the dispatcher', () => {
  it('tells each channel that wants it once, writes down what it answered, and never tells it again', async () => {
    const { receiver, settings } = await webhook('hook');
    const { receiver: other, settings: ends } = await webhook('ends');
    const filter = { ...ends.filter, events: ['ended'] as const };
    dispatch([settings, { ...ends, filter }]);
    await outbox.announce(started());
    await settled();
    await outbox.announce(started());
    await outbox.announce(endedNotice(namedRun(), endedView()));
    await until(() => receiver.seen.length === 2 && other.seen.length === 1);
    await settled();
    expect(types(receiver)).toEqual(['dev.trainyard.run.started.v1', 'dev.trainyard.run.ended.v1']);
    expect(types(other)).toEqual(['dev.trainyard.run.ended.v1']);
    const [first] = await outbox.ofRun('run-digits-abc234');
    expect(first?.deliveries?.channels).toMatchObject([
      { channel: 'hook', kind: 'webhook', state: 'told', attempts: 1, answer: '200 ok' },
    ]);
    expect(receiver.seen[0]?.body).toContain('https://ui.example/run-digits-abc234');
  });

  it('goes on where a channel that was down comes back, and holds up no other meanwhile', async () => {
    const { receiver: down, settings: broken } = await webhook('down');
    const { receiver: up, settings: fine } = await webhook('up');
    down.answer(() => ({ status: 503 }));
    dispatch([broken, fine]);
    for (const name of ['a', 'b', 'c']) await outbox.announce(started(`run-${name}-abc234`));
    await until(() => up.seen.length === 3 && down.seen.length >= 3);
    expect(await outbox.pending()).toHaveLength(3);
    const before = down.seen.length;
    down.answer(() => ({}));
    await settled();
    expect(up.seen).toHaveLength(3);
    expect(down.seen).toHaveLength(before + 3);
    expect(new Set(ids(down).slice(before)).size).toBe(3);
    expect(log.filter(({ level }) => level === 'warn').length).toBeGreaterThan(0);
  });

  it('leaves a channel alone for as long as it asks', async () => {
    const { receiver, settings } = await webhook('slow');
    const at: number[] = [];
    receiver.answer((_seen, count) => {
      at.push(performance.now());
      return count === 1 ? { status: 429, headers: { 'retry-after': '1' } } : {};
    });
    dispatch([settings]);
    await outbox.announce(started());
    await settled();
    expect(receiver.seen).toHaveLength(2);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('gives up in the end, says so, and keeps the last answer', async () => {
    const { receiver, settings } = await webhook('dead');
    receiver.answer(() => ({ status: 500, body: 'broken for good' }));
    dispatch([settings], { ...PATIENCE, giveUpMs: 300 });
    await outbox.announce(started('run-a-abc234'));
    await outbox.announce(started('run-b-abc234'));
    await settled();
    for (const runId of ['run-a-abc234', 'run-b-abc234']) {
      const [one] = await outbox.ofRun(runId);
      expect(one?.deliveries?.channels[0]).toMatchObject({ state: 'gave-up' });
    }
    const [one] = await outbox.ofRun('run-a-abc234');
    expect(one?.deliveries?.channels[0]?.answer).toBe('500 broken for good');
    expect(log.some(({ level, text }) => level === 'error' && text.includes('given up'))).toBe(true);
  });

  it('waits until a secret that is missing is there', async () => {
    const { receiver, settings } = await webhook('late');
    await secrets.credentials.delete('late');
    dispatch([settings]);
    await outbox.announce(started());
    await until(async () => {
      const [one] = await outbox.ofRun('run-digits-abc234');
      return one?.deliveries?.channels[0]?.answer?.includes('TY_GIT_CREDENTIAL_MISSING') === true;
    });
    await secrets.credentials.set({ name: 'late', host: receiver.host, username: 'git' }, WEBHOOK_SECRET);
    await settled();
    expect(receiver.seen).toHaveLength(1);
  });

  it('tells of many runs together where the channel can', async () => {
    const receiver = await startReceiver();
    receivers.push(receiver);
    await secrets.credentials.set(
      { name: 'robot', host: receiver.host, username: 'git' },
      receiver.url('/hook/secret'),
    );
    receiver.answer(() => ({ body: '{"errcode":0}' }));
    for (let run = 0; run < 10; run += 1) await outbox.announce(started(`run-${run}-abc234`));
    dispatch([chatSettings('dingtalk')]);
    await settled();
    expect(receiver.seen).toHaveLength(1);
    expect(receiver.seen[0]?.body.match(/run watch/g)).toHaveLength(10);
  });

  it('tells of ends only that differ from the run of the same name before, where that is asked for', async () => {
    const { receiver, settings } = await webhook('changes');
    dispatch([{ ...settings, filter: { ...settings.filter, onlyChanges: true } }]);
    const statuses = ['succeeded', 'succeeded', 'failed', 'failed', 'succeeded'] as const;
    for (const [index, status] of statuses.entries()) {
      const run = namedRun({ runId: `run-digits-${index}` });
      await outbox.announce(endedNotice(run, endedView({ status, finishedAt: `2026-01-0${index + 1}T00:00:00.000Z` })));
      await settled();
    }
    const told = receiver.seen.map(({ body }) => (JSON.parse(body) as { subject: string }).subject);
    expect(told).toEqual(['run-digits-0', 'run-digits-2', 'run-digits-4']);
  });

  it('hands nothing over again while it cannot write down that it was taken', async () => {
    const { receiver, settings } = await webhook('hook');
    const { record } = outbox;
    let full = false;
    receiver.answer(() => {
      full = true;
      return {};
    });
    outbox = {
      ...outbox,
      record: async (runId, deliveries) => {
        if (full) throw new Error('ENOSPC');
        await record(runId, deliveries);
      },
    };
    dispatch([settings]);
    await outbox.announce(started());
    await until(() => log.filter(({ text }) => text.includes('ENOSPC')).length >= 3);
    expect(receiver.seen).toHaveLength(1);
    full = false;
    await settled();
    expect(receiver.seen).toHaveLength(1);
  });

  it('settles what nobody is to be told, and what went with its run', async () => {
    for (let run = 0; run < 50; run += 1) await outbox.announce(started(`run-${run}-abc234`));
    rmSync(join(root, 'runs', 'run-7-abc234'), { recursive: true });
    dispatch([]);
    await settled();
    expect(log).toEqual([]);
  });
});

describe('a reminder', () => {
  it('is told when its time has come, and not at all once the gate is decided', async () => {
    const { receiver, settings } = await webhook('hook');
    const openedAt = new Date().toISOString();
    const soon = waitingGate({ openedAt, until: null });
    const [first, second] = gateReminderNotices(namedRun(), soon, 1);
    if (first === undefined || second === undefined) throw new Error('no reminders');
    dispatch([settings]);
    for (const notice of [gateWaitingNotice(namedRun(), soon), first, second]) await outbox.announce(notice);
    await until(() => receiver.seen.length === 2);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(first.notBefore ?? ''));
    const decidedAt = new Date().toISOString();
    await outbox.announce(gateDecidedNotice(namedRun(), { ...soon, state: 'approved', by: 'people', decidedAt }));
    await settled();
    expect(types(receiver).map((type) => type.split('.')[3])).toEqual([
      'gate-waiting',
      'gate-reminder',
      'gate-decided',
    ]);
    const all = await outbox.ofRun('run-digits-abc234');
    const dropped = all.find(({ notice }) => notice.id === second.id)?.deliveries?.channels[0];
    expect(dropped).toMatchObject({ state: 'dropped', attempts: 0 });
  });
});

describe('a dispatcher that is killed', () => {
  async function die(settings: ChannelSettings, point: string): Promise<void> {
    const args = [DIE, root, JSON.stringify([settings]), secrets.folder, point];
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    expect(signal).toBe('SIGKILL');
  }

  it.each([
    ['notice.before-send', 0],
    ['notice.sent', 1],
  ])('at %s leaves what the next one tells, under the same id', async (point, already) => {
    const { receiver, settings } = await webhook('hook');
    await outbox.announce(started());
    await die(settings, point);
    expect(receiver.seen).toHaveLength(already);
    dispatch([settings]);
    await settled();
    expect(receiver.seen).toHaveLength(already + 1);
    expect(new Set(ids(receiver)).size).toBe(1);
  });

  it('is followed by one that waited for its lease; meanwhile only one of them tells', async () => {
    const { receiver, settings } = await webhook('hook');
    const args = [DIE, root, JSON.stringify([settings]), secrets.folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const gone = once(child, 'exit');
    try {
      await outbox.announce(started('run-a-abc234'));
      await until(() => receiver.seen.length === 1);
      dispatch([settings]);
      for (const name of ['b', 'c']) await outbox.announce(started(`run-${name}-abc234`));
      await until(() => receiver.seen.length === 3);
      await settled();
      expect(log).toEqual([]);
    } finally {
      child.kill('SIGKILL');
      await gone;
    }
    await outbox.announce(started('run-d-abc234'));
    await settled();
    await sleep(100);
    expect(receiver.seen).toHaveLength(4);
    expect(new Set(ids(receiver)).size).toBe(4);
    expect(log).toHaveLength(1);
  });
});
