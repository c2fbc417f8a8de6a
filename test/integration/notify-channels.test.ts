import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channelMaker } from '../../adapters/notify/create-channel.ts';
import type { ChannelSettings, ChatSettings } from '../../domain/notices/channel.ts';
import type { Told } from '../../domain/notices/delivery.ts';
import type { NoticeText } from '../../domain/notices/text.ts';
import type { Channel, Message } from '../../ports/notifier.ts';
import {
  chatSettings,
  type Receiver,
  startReceiver,
  tempCredentials,
  WEBHOOK_SECRET,
  webhookSettings,
} from '../support/notice-channels.ts';
import { message } from '../support/notice-world.ts';

const TOKEN = 'T0KEN-that-nobody-may-see-9f8e';
const SIGNING = 'SEC-signing-secret-77aa';

let receiver: Receiver;
let secrets: ReturnType<typeof tempCredentials>;
beforeEach(async () => {
  receiver = await startReceiver();
  secrets = tempCredentials();
});
afterEach(async () => {
  await receiver.stop();
  secrets.remove();
});

async function keep(name: string, value: string, host = receiver.host): Promise<void> {
  await secrets.credentials.set({ name, host, username: 'git' }, value);
}

async function robot(kind: ChatSettings['kind'], changes: Partial<ChatSettings> = {}): Promise<Channel> {
  await keep('robot', receiver.url(`/hook/${TOKEN}?access_token=${TOKEN}`));
  await keep('sign', SIGNING);
  return channelMaker(secrets.credentials)(chatSettings(kind, changes));
}

function send(channel: Channel, ...messages: readonly Message[]): Promise<Told> {
  const [first = message(), ...others] = messages;
  return channel.tell([first, ...others], new AbortController().signal);
}

function body(index = 0): Record<string, unknown> {
  return JSON.parse(receiver.seen[index]?.body ?? '') as Record<string, unknown>;
}

function withText(text: Partial<NoticeText>): Message {
  const base = message();
  return { ...base, text: { ...base.text, ...text } };
}

describe('a signed webhook', () => {
  it("arrives as one that the receivers' library accepts, of a type that says what happened", async () => {
    await keep('hook', WEBHOOK_SECRET);
    const channel = channelMaker(secrets.credentials)(webhookSettings(receiver.url('/in')));
    expect(await send(channel)).toEqual({ ok: true, answer: '200 ok' });
    const [seen] = receiver.seen;
    expect(seen?.method).toBe('POST');
    const verified = new Webhook(WEBHOOK_SECRET).verify(seen?.body ?? '', seen?.headers as Record<string, string>);
    expect(verified).toMatchObject({
      specversion: '1.0',
      type: 'dev.trainyard.run.ended.v1',
      id: 'run-digits-abc234.ended',
      source: '/projects/vision',
      subject: 'run-digits-abc234',
      time: '2026-01-02T04:00:00.000Z',
    });
    expect(seen?.headers['webhook-id']).toBe(message().key);
  });

  it('is not sent with a secret for another host, nor with one that signs nothing', async () => {
    await keep('hook', WEBHOOK_SECRET, 'elsewhere.example');
    const make = channelMaker(secrets.credentials);
    await expect(send(make(webhookSettings(receiver.url('/in'))))).rejects.toMatchObject({
      code: 'TY_NOTIFY_CREDENTIAL',
      details: { why: `it is for elsewhere.example, and the channel is at ${receiver.host}` },
    });
    await keep('hook', 'not-a-secret-of-this-kind');
    await expect(send(make(webhookSettings(receiver.url('/in'))))).rejects.toMatchObject({
      code: 'TY_NOTIFY_CREDENTIAL',
    });
    await expect(send(make(webhookSettings(receiver.url('/in'), { credential: 'none' })))).rejects.toMatchObject({
      code: 'TY_GIT_CREDENTIAL_MISSING',
    });
    expect(receiver.seen).toEqual([]);
  });

  it.each([
    [{ status: 204 }, { ok: true, answer: '204' }],
    [
      { status: 500, body: 'oops' },
      { ok: false, again: true, waitMs: null, answer: '500 oops' },
    ],
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { ok: false, again: true, waitMs: 7000, answer: '429' },
    ],
    [{ status: 410 }, { ok: false, again: false, waitMs: null, answer: '410' }],
    [
      { hangUp: true },
      { ok: false, again: true, waitMs: null, answer: expect.stringMatching(/cannot be reached: \w+$/) },
    ],
  ])('answered %j is judged %j', async (reply, verdict) => {
    await keep('hook', WEBHOOK_SECRET);
    receiver.answer(() => reply);
    expect(await send(channelMaker(secrets.credentials)(webhookSettings(receiver.url('/in'))))).toEqual(verdict);
  });

  it('follows no redirect', async () => {
    const other = await startReceiver();
    try {
      await keep('hook', WEBHOOK_SECRET);
      receiver.answer(() => ({ status: 307, headers: { location: other.url('/steal') } }));
      const told = await send(channelMaker(secrets.credentials)(webhookSettings(receiver.url('/in'))));
      expect(told).toMatchObject({ ok: false, answer: '307: redirects are not followed' });
      expect(other.seen).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  it('goes to another machine over https only, unless the settings say so', async () => {
    await keep('hook', WEBHOOK_SECRET, 'hooks.example.com');
    const make = channelMaker(secrets.credentials);
    await expect(send(make(webhookSettings('http://hooks.example.com/in')))).rejects.toMatchObject({
      details: { why: expect.stringContaining('plain http') as string },
    });
  });
});

describe('Slack', () => {
  it('gets blocks whose text can neither link nor call anybody', async () => {
    const hostile = withText({
      title: '<!channel> broke',
      facts: [{ name: 'why', value: '<http://evil|here> & `x`' }],
      link: 'https://ui.example/run',
    });
    expect(await send(await robot('slack'), hostile, message())).toEqual({ ok: true, answer: '200 ok' });
    const sent = receiver.seen[0]?.body ?? '';
    expect(sent).not.toMatch(/<!|<http:\/\/evil/);
    expect(sent).toContain('<https://ui.example/run|page>');
    expect(sent).toContain('`trainyard run get run-digits-abc234`');
    expect(body()['blocks']).toHaveLength(7);
    expect(receiver.seen[0]?.path).toBe(`/hook/${TOKEN}`);
  });
});

describe('DingTalk', () => {
  it('gets plain text at a signed address', async () => {
    receiver.answer(() => ({ body: '{"errcode":0,"errmsg":"ok"}' }));
    expect(await send(await robot('dingtalk', { signing: 'sign' }))).toEqual({ ok: true, answer: '0 ok' });
    const query = receiver.seen[0]?.query;
    expect(Math.abs(Number(query?.get('timestamp')) - Date.now())).toBeLessThan(60_000);
    expect(query?.get('sign')).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(query?.get('access_token')).toBe(TOKEN);
    expect(body()).toMatchObject({ msgtype: 'text', at: { isAtAll: false } });
  });

  it.each([
    [
      '{"errcode":310000,"errmsg":"sign not match"}',
      { ok: false, again: true, waitMs: null, answer: '310000 sign not match' },
    ],
    [
      '{"errcode":130101,"errmsg":"send too fast"}',
      { ok: false, again: true, waitMs: 600_000, answer: '130101 send too fast' },
    ],
    ['<html>', { ok: false, again: true, waitMs: null, answer: '200 without a result' }],
  ])('that says %s with status 200 has not taken it', async (answer, verdict) => {
    receiver.answer(() => ({ body: answer }));
    expect(await send(await robot('dingtalk'))).toEqual(verdict);
  });
});

describe('Feishu', () => {
  it('gets a card of plain text, signed, of at most 20 KB', async () => {
    receiver.answer(() => ({ body: '{"code":0,"msg":"success","data":{}}' }));
    const facts = Array.from({ length: 10 }, (_, at) => ({ name: `fact${at}`, value: '中'.repeat(600) }));
    const long = Array.from({ length: 10 }, () => withText({ facts }));
    expect(await send(await robot('feishu', { signing: 'sign' }), ...long)).toEqual({ ok: true, answer: '0 success' });
    expect(Buffer.byteLength(receiver.seen[0]?.body ?? '')).toBeLessThanOrEqual(20_000);
    expect(body()).toMatchObject({ msg_type: 'interactive', sign: expect.stringMatching(/=$/) as string });
    expect(Math.abs(Number(body()['timestamp']) * 1000 - Date.now())).toBeLessThan(60_000);
    expect(receiver.seen[0]?.body).not.toContain('lark_md');
  });

  it.each([
    ['{"code":19021,"msg":"sign match fail"}', '19021 sign match fail', null],
    ['{"code":11232,"msg":"frequency limited"}', '11232 frequency limited', 30_000],
  ])('that says %s with status 200 has not taken it', async (answer, said, waitMs) => {
    receiver.answer(() => ({ body: answer }));
    expect(await send(await robot('feishu'))).toEqual({ ok: false, again: true, waitMs, answer: said });
  });
});

describe('the secrets of a channel', () => {
  it('are in no answer that is kept, also when the other side sends them back', async () => {
    receiver.answer((seen) => ({ status: 403, body: `no ${seen.path} ${seen.query.toString()} ${seen.body}` }));
    for (const kind of ['slack', 'dingtalk', 'feishu'] as const) {
      const told = await send(await robot(kind, kind === 'slack' ? {} : { signing: 'sign' }));
      expect(told.ok).toBe(false);
      expect(told.answer).not.toContain(TOKEN);
      expect(told.answer).not.toContain(SIGNING);
    }
  });

  it('are in no error, whatever is wrong with the address', async () => {
    const make = channelMaker(secrets.credentials);
    const addresses = [
      `ftp://${receiver.host}/${TOKEN}`,
      `https://user:${TOKEN}@${receiver.host}/x`,
      `https://elsewhere.example/${TOKEN}`,
      TOKEN,
    ];
    for (const address of addresses) {
      await keep('robot', address);
      const error = await send(make(chatSettings('slack'))).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(JSON.stringify([String(error), error])).not.toContain(TOKEN);
      expect(error).toMatchObject({ code: 'TY_NOTIFY_CREDENTIAL' });
    }
  });

  it('lie in one file that only the owner reads, and are read anew for each message', async () => {
    const channel = await robot('slack');
    await send(channel);
    const again = `/hook/${randomBytes(12).toString('hex')}`;
    await keep('robot', receiver.url(again));
    await send(channel);
    expect(receiver.seen.map(({ path }) => path)).toEqual([`/hook/${TOKEN}`, again]);
    const holding = readdirSync(join(secrets.folder, 'credentials')).filter((file) =>
      readFileSync(join(secrets.folder, 'credentials', file), 'utf8').includes(again),
    );
    expect(holding).toEqual(['robot']);
  });
});

it('settings of every kind make a channel of that name', () => {
  const make = channelMaker(secrets.credentials);
  const all: ChannelSettings[] = [webhookSettings('https://h/x'), chatSettings('slack'), chatSettings('feishu')];
  expect(all.map((one) => make(one)).map(({ name, kind }) => [name, kind])).toEqual([
    ['hook', 'webhook'],
    ['slack', 'slack'],
    ['feishu', 'feishu'],
  ]);
});
