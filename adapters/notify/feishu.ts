import { createHmac } from 'node:crypto';
import type { NoticeText } from '../../domain/notices/text.ts';
import { factLines, judgeCode, type Robot } from './chat.ts';
import { judgeStatus } from './post.ts';

/** Too many messages; 11232 also comes at full and half hours, when everybody's robots speak. */
const WAITS = { '11232': 30_000, '9499': 60_000 };

/**
 * Robots of Feishu and Lark groups: 100 messages a minute and 5 a second, bodies of 20 KB, errors with status 200.
 * Cards hold plain text only, in which nothing that a run says is markup.
 * Source: Feishu's open platform, custom bots.
 */
export const feishu: Robot = {
  batch: 10,
  spacingMs: 700,
  mostBytes: 19_000,
  request: (url, signing, texts, nowMs) => ({
    url,
    body: { ...(signing === null ? {} : signatureOf(signing, nowMs)), msg_type: 'interactive', card: cardOf(texts) },
  }),
  judge: (answer) =>
    judgeCode(answer, { codes: ['code', 'StatusCode'], message: ['msg', 'StatusMessage'], waits: WAITS }, judgeStatus),
};

/** Seconds, a line break and the secret are the key; the message is empty. */
export function signatureOf(secret: string, nowMs: number): { readonly timestamp: string; readonly sign: string } {
  const timestamp = String(Math.floor(nowMs / 1000));
  return { timestamp, sign: createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64') };
}

function cardOf(texts: readonly NoticeText[]): unknown {
  const [only, ...others] = texts;
  const title = others.length === 0 ? (only?.title ?? '') : `Trainyard (${texts.length})`;
  const elements = texts.flatMap((text, index) => [
    ...(index === 0 ? [] : [{ tag: 'hr' }]),
    ...(others.length === 0 ? [] : [plain(text.title)]),
    ...elementsOf(text),
  ]);
  return { config: { wide_screen_mode: true }, header: { title: { tag: 'plain_text', content: title } }, elements };
}

function elementsOf(text: NoticeText): readonly unknown[] {
  const { labels, next, link } = text;
  const facts = factLines(text);
  const page =
    link === null
      ? []
      : [
          {
            tag: 'action',
            actions: [{ tag: 'button', type: 'default', url: link, text: { tag: 'plain_text', content: labels.page } }],
          },
        ];
  return [...(facts === '' ? [] : [plain(facts)]), plain([`${labels.next}:`, ...next].join('\n')), ...page];
}

function plain(content: string): unknown {
  return { tag: 'div', text: { tag: 'plain_text', content } };
}
