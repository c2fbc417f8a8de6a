import { NOTICE_EVENTS } from '../../../domain/notice.ts';
import type { ChannelSettings } from '../../../domain/notices/channel.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { texts, type Say } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { table } from '../terminal/table.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

/** The channels of the settings. They hold names of credentials, so there is nothing to hide. */
export async function run(context: CommandContext): Promise<Ended> {
  const say = texts(context.lang);
  const channels = Object.values(context.settings.notifications);
  const headings = ['column.name', 'column.kind', 'column.language', 'column.events', 'column.only'] as const;
  await printResult(context, {
    data: channels,
    names: channels.map(({ name }) => name),
    lines: () =>
      channels.length === 0
        ? []
        : table(
            headings.map((key) => say(key)),
            channels.map((channel) => row(channel, say)),
          ),
  });
  if (channels.length === 0 && context.format === 'table') tell(context, say('notify.none'));
  return EXIT.ok;
}

function row({ name, kind, language, filter }: ChannelSettings, say: Say): readonly string[] {
  const { events, projects, templates, branches, onlyFailures, onlyChanges } = filter;
  const all = NOTICE_EVENTS.every((event) => events.includes(event));
  const only = [
    ...(projects ?? []).map((pattern) => `project ${pattern}`),
    ...(templates ?? []).map((pattern) => `template ${pattern}`),
    ...(branches ?? []).map((pattern) => `branch ${pattern}`),
    ...(onlyFailures ? [say('notify.onlyFailures')] : []),
    ...(onlyChanges ? [say('notify.onlyChanges')] : []),
  ];
  const cells = [name, kind, language, all ? say('notify.all') : events.join(','), only.join(', ') || '-'];
  return cells.map((cell) => cleanText(cell));
}
