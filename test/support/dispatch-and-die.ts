/**
 * `node dispatch-and-die.ts ROOT CHANNELS SECRETS [CRASH_POINT]`: tells people of a workspace's runs until it is killed,
 * by itself at that place if one is given.
 */
import { createFileCredentials } from '../../adapters/credentials/file-credentials.ts';
import { channelMaker } from '../../adapters/notify/create-channel.ts';
import { createOutbox } from '../../adapters/store/outbox.ts';
import type { ChannelSettings } from '../../domain/notices/channel.ts';
import { setCrashHook } from '../../ports/crash-point.ts';
import { dispatchNotices } from '../../worker/dispatch-notices.ts';

const [root = '', channels = '[]', secrets = '', place] = process.argv.slice(2);
setCrashHook((name) => {
  if (name === place) process.kill(process.pid, 'SIGKILL');
});
const say = (facts: unknown, text?: string): void => {
  process.stdout.write(`${JSON.stringify(facts)} ${text ?? ''}\n`);
};
dispatchNotices({
  outbox: createOutbox(root),
  channels: JSON.parse(channels) as ChannelSettings[],
  makeChannel: channelMaker(createFileCredentials({ folder: secrets })),
  pageOf: () => null,
  logger: { info: say, warn: say, error: say },
  patience: { firstMs: 50, longestMs: 500, giveUpMs: 60_000 },
  lookMs: 200,
});
// Nothing else keeps this process: it ends when it is killed.
setInterval(() => {}, 60_000);
