import { describe, expect, it } from 'vitest';
import { deliveryTable } from '../../../../../client/cli/commands/notify-deliveries.ts';
import { run as list } from '../../../../../client/cli/commands/notify-list.ts';
import { run as test } from '../../../../../client/cli/commands/notify-test.ts';
import type { Composition } from '../../../../../client/cli/context.ts';
import { texts } from '../../../../../client/cli/messages/texts.ts';
import { firstDelivery } from '../../../../../domain/notices/delivery.ts';
import { gateWaitingNotice, startedNotice } from '../../../../../domain/notices/make.ts';
import { loadSettings } from '../../../../../spec/settings.ts';
import { namedRun, waitingGate } from '../../../../support/notice-world.ts';
import { fakeContext, input } from '../fake-context.ts';

const AT = '2026-01-02T03:04:05.000Z';
const FILE = `
notifications:
  team: { kind: slack, credential: slack-team, events: [ended], branches: "sft-*", onlyChanges: true }
  hook: { kind: webhook, url: "https://h.example/x", credential: hook }
`;

function trying(ok: boolean): () => Promise<Composition> {
  const tryChannel = async (channel: string) => ({ channel, kind: 'slack', ok, answer: ok ? '200 ok' : '404 no_team' });
  return async () => ({ tryChannel }) as unknown as Composition;
}

describe('notify list', () => {
  it('shows what each channel is told', async () => {
    const { context, out } = fakeContext({ settings: loadSettings({ env: {}, file: FILE, dev: null }) });
    expect(await list(context)).toBe(0);
    expect(out().trimEnd().split('\n')).toEqual([
      'NAME  KIND     LANGUAGE  EVENTS  ONLY',
      'team  slack    en        ended   branch sft-*, changes',
      'hook  webhook  en        all     -',
    ]);
  });

  it('says where channels are written down when there are none', async () => {
    const { context, out, err } = fakeContext();
    expect(await list(context)).toBe(0);
    expect(out()).toBe('');
    expect(err()).toContain('notifications');
  });
});

describe('notify test', () => {
  it('shows the answer, and fails with it when it is no', async () => {
    const good = fakeContext({ composition: trying(true) });
    expect(await test(good.context, input(['team']))).toBe(0);
    expect(good.out()).toBe('team took it: 200 ok\n');
    const bad = fakeContext({ composition: trying(false) });
    await expect(test(bad.context, input(['team']))).rejects.toMatchObject({
      code: 'TY_NOTIFY_REFUSED',
      details: { where: 'notifications.team', why: '404 no_team' },
    });
  });
});

describe('the table of deliveries', () => {
  it('has a line for each notice and channel, with control characters taken out', () => {
    const due = { ...firstDelivery('team', 'slack', AT), attempts: 2, answer: '503\u001b[2J busy' };
    const common = { schema: 1, at: AT, before: null } as const;
    const gate = gateWaitingNotice(namedRun(), waitingGate());
    const started = startedNotice(namedRun(), AT);
    const lines = deliveryTable(
      [
        { notice: started, deliveries: { ...common, noticeId: started.id, event: 'started', channels: [] } },
        { notice: gate, deliveries: { ...common, noticeId: gate.id, event: 'gate-waiting', channels: [due] } },
        { notice: gate, deliveries: null },
      ],
      texts('en'),
    );
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['EVENT', 'CHANNEL', 'STATUS', 'ATTEMPTS', 'AT', 'ANSWER'],
      ['started', '-', 'nobody wants it', '0', AT, '-'],
      ['gate-waiting push', 'team', 'waits', '2', AT, '503 busy'],
      ['gate-waiting push', '-', 'not taken up', '0', '2026-01-02T03:30:00.000Z', '-'],
    ]);
  });
});
