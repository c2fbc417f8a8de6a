import { createHmac } from 'node:crypto';
import type { NoticeText } from '../../domain/notices/text.ts';
import { factLines, judgeCode, type Robot } from './chat.ts';
import { judgeStatus } from './post.ts';

const TEN_MINUTES_MS = 600_000;

/** Too many messages: the robot is closed for ten minutes. */
const WAITS = { '130101': TEN_MINUTES_MS, '90030': TEN_MINUTES_MS };

/**
 * Robots of DingTalk groups: 20 messages a minute, else ten minutes of nothing; errors come with status 200.
 * Messages are plain text, in which nothing that a run says is markup.
 * Source: DingTalk's open platform, custom robots.
 */
export const dingtalk: Robot = {
  batch: 10,
  spacingMs: 3200,
  mostBytes: 18_000,
  request: (url, signing, texts, nowMs) => ({
    url: signing === null ? url : signedUrl(url, signing, nowMs),
    body: { msgtype: 'text', text: { content: texts.map(plainText).join('\n\n') }, at: { isAtAll: false } },
  }),
  judge: (answer) => judgeCode(answer, { codes: ['errcode'], message: ['errmsg'], waits: WAITS }, judgeStatus),
};

/** The secret is the key; milliseconds, a line break and the secret are the message. */
export function signedUrl(url: URL, secret: string, nowMs: number): URL {
  const signed = new URL(url);
  signed.searchParams.set('timestamp', String(nowMs));
  signed.searchParams.set('sign', createHmac('sha256', secret).update(`${nowMs}\n${secret}`).digest('base64'));
  return signed;
}

function plainText(text: NoticeText): string {
  const { title, labels, next, link } = text;
  const page = link === null ? [] : [`${labels.page}: ${link}`];
  return [title, factLines(text), `${labels.next}:`, ...next.map((command) => `  ${command}`), ...page]
    .filter((line) => line !== '')
    .join('\n');
}
