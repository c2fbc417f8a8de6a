import type { NoticeText } from '../../domain/notices/text.ts';
import { factLines, type Robot } from './chat.ts';
import { judgeStatus } from './post.ts';

/** Characters of a section's text that Slack takes at most. */
const MOST = 2900;

/**
 * Incoming webhooks of Slack, and of what speaks like them.
 * Source: Slack's reference of incoming webhooks, Block Kit and "Formatting text for app surfaces".
 */
export const slack: Robot = {
  // A message has at most 50 blocks; a notice takes three and a line.
  batch: 10,
  spacingMs: 1100,
  mostBytes: null,
  request: (url, _signing, texts) => ({
    url,
    body: {
      text: texts.map(({ title }) => escapeMrkdwn(title)).join('\n'),
      unfurl_links: false,
      unfurl_media: false,
      blocks: texts.flatMap((text, index) => [...(index === 0 ? [] : [{ type: 'divider' }]), ...blocksOf(text)]),
    },
  }),
  judge: judgeStatus,
};

function blocksOf(text: NoticeText): readonly unknown[] {
  const { labels, next, link } = text;
  const facts = escapeMrkdwn(factLines(text)).slice(0, MOST);
  const commands = next.map((command) => `\`${escapeMrkdwn(command).replaceAll('`', "'")}\``);
  const page = link === null ? [] : [`<${link}|${escapeMrkdwn(labels.page)}>`];
  return [
    { type: 'header', text: { type: 'plain_text', emoji: false, text: escapeMrkdwn(text.title).slice(0, 150) } },
    ...(facts === '' ? [] : [{ type: 'section', text: { type: 'plain_text', emoji: false, text: facts } }]),
    {
      type: 'section',
      // Verbatim: names of people and channels in it call nobody.
      text: { type: 'mrkdwn', verbatim: true, text: [`*${labels.next}*`, ...commands, ...page].join('\n') },
    },
  ];
}

/** The three characters that make links, mentions and entities. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
