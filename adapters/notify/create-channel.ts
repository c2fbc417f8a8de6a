import type { ChannelSettings } from '../../domain/notices/channel.ts';
import type { Credentials } from '../../ports/credentials.ts';
import type { Channel, MakeChannel } from '../../ports/notifier.ts';
import { createChat } from './chat.ts';
import { dingtalk } from './dingtalk.ts';
import { createEmail } from './email.ts';
import { feishu } from './feishu.ts';
import { slack } from './slack.ts';
import { createWebhook } from './webhook.ts';

const ROBOTS = { slack, dingtalk, feishu } as const;

/** Channels that read their secrets anew for each message: one that is set again works at once. */
export function channelMaker(credentials: Credentials, now: () => number = Date.now): MakeChannel {
  return (settings: ChannelSettings): Channel => {
    switch (settings.kind) {
      case 'webhook':
        return createWebhook(settings, credentials, now);
      case 'email':
        return createEmail(settings, credentials);
      case 'slack':
      case 'dingtalk':
      case 'feishu':
        return createChat(settings, credentials, ROBOTS[settings.kind], now);
    }
  };
}
