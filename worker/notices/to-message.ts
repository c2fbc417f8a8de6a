import { createHash } from 'node:crypto';
import type { Notice } from '../../domain/notice.ts';
import type { ChannelSettings } from '../../domain/notices/channel.ts';
import { noticeText, testText } from '../../domain/notices/text.ts';
import type { Message } from '../../ports/notifier.ts';

/** A notice as one channel is told of it. @param page the run's page */
export function toMessage(notice: Notice, { name, language }: ChannelSettings, page: string | null): Message {
  return {
    key: keyOf(notice.id, name),
    id: notice.id,
    type: `dev.trainyard.run.${notice.event}.v1`,
    at: notice.at,
    thread: notice.run.runId,
    project: notice.run.project,
    text: noticeText(notice, language, page),
    data: notice,
  };
}

/** What `notify test` sends. @param mark tells two tests apart */
export function testMessage({ name, language }: ChannelSettings, at: string, mark: string): Message {
  return {
    key: keyOf(`test.${mark}`, name),
    id: `test.${mark}`,
    type: 'dev.trainyard.notify.test.v1',
    at,
    thread: 'notify-test',
    project: 'default',
    text: testText(name, language),
    data: null,
  };
}

/** The same after any crash; without a dot, which parts what a webhook signs. */
function keyOf(id: string, channel: string): string {
  return `msg_${createHash('sha256').update(`${id}\n${channel}`).digest('hex').slice(0, 32)}`;
}
