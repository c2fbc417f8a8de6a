import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOutbox } from '../../../../adapters/store/outbox.ts';
import { firstDelivery, type NoticeDeliveries } from '../../../../domain/notices/delivery.ts';
import { endedNotice, startedNotice } from '../../../../domain/notices/make.ts';
import type { Notice } from '../../../../domain/notice.ts';
import { endedView, namedRun } from '../../../support/notice-world.ts';

const AT = '2026-01-02T03:04:05.000Z';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trainyard-outbox-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function told(notice: Notice, state: 'due' | 'told'): NoticeDeliveries {
  const channels = [{ ...firstDelivery('team', 'slack', AT), state }];
  return { schema: 1, noticeId: notice.id, event: notice.event, at: notice.at, before: null, channels };
}

describe('an outbox', () => {
  it('keeps a notice with its run, and an entry while somebody is to be told', async () => {
    const outbox = createOutbox(root);
    const notice = startedNotice(namedRun(), AT);
    await outbox.announce(notice);
    expect(await outbox.pending()).toEqual([notice.id]);
    expect(await outbox.read(notice.id)).toEqual({ notice, deliveries: null });
    expect(readdirSync(join(root, 'runs', notice.run.runId, 'outbox'))).toEqual([`${notice.id}.json`]);
    await outbox.record(notice.run.runId, told(notice, 'due'));
    expect(await outbox.pending()).toEqual([notice.id]);
    await outbox.record(notice.run.runId, told(notice, 'told'));
    expect(await outbox.pending()).toEqual([]);
    expect(await outbox.ofRun(notice.run.runId)).toEqual([{ notice, deliveries: told(notice, 'told') }]);
  });

  it('keeps the first of two with one id, and none that was told already', async () => {
    const outbox = createOutbox(root);
    const notice = startedNotice(namedRun(), AT);
    await outbox.announce(notice);
    await outbox.announce({ ...notice, at: '2027-01-01T00:00:00.000Z' });
    expect((await outbox.read(notice.id))?.notice.at).toBe(AT);
    await outbox.record(notice.run.runId, told(notice, 'told'));
    await outbox.announce(notice);
    expect(await outbox.pending()).toEqual([]);
  });

  it('finds again what a power cut left without an entry or without its end', async () => {
    const outbox = createOutbox(root);
    const notice = startedNotice(namedRun(), AT);
    await outbox.announce(notice);
    await outbox.forget(notice.id);
    await outbox.announce(notice);
    expect(await outbox.pending()).toEqual([notice.id]);
    writeFileSync(join(root, 'runs', notice.run.runId, 'outbox', `${notice.id}.json`), '{"id":');
    expect(await outbox.read(notice.id)).toBeNull();
    await outbox.announce(notice);
    expect((await outbox.read(notice.id))?.notice).toEqual(notice);
  });

  it('takes no id or run that would name a file elsewhere', async () => {
    const outbox = createOutbox(root);
    const notice = startedNotice(namedRun(), AT);
    await expect(outbox.announce({ ...notice, id: '../../evil' })).rejects.toThrow('cannot name a notice');
    await expect(outbox.announce({ ...notice, run: { ...notice.run, runId: '../evil' } })).rejects.toThrow('outbox');
    await expect(outbox.read('a/../../b')).rejects.toThrow('cannot name a notice');
    expect(await outbox.ofRun('../runs')).toEqual([]);
  });

  it('knows how the run of the same project and name before ended, however often it is asked', async () => {
    const outbox = createOutbox(root);
    const ended = (runId: string, status: 'succeeded' | 'failed', project = 'vision'): Notice =>
      endedNotice(namedRun({ runId, project }), endedView({ status }));
    expect(await outbox.noteEnd(ended('run-digits-1', 'succeeded'))).toBeNull();
    expect(await outbox.noteEnd(ended('run-digits-2', 'failed'))).toBe('succeeded');
    expect(await outbox.noteEnd(ended('run-digits-2', 'failed'))).toBe('succeeded');
    expect(await outbox.noteEnd(ended('run-digits-3', 'failed'))).toBe('failed');
    expect(await outbox.noteEnd(ended('run-digits-4', 'failed', 'speech'))).toBeNull();
  });
});
