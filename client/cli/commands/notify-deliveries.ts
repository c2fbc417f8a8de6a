import type { ChannelDelivery } from '../../../domain/notices/delivery.ts';
import type { Announced } from '../../../ports/outbox.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandInput } from '../input.ts';
import { texts, type Say } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { resolveRun } from '../run-ref.ts';
import { table } from '../terminal/table.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

/** What people were told of a run, when, and with what answer. */
export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const runId = await resolveRun(context, input.args[0]);
  const announced = await (await context.composition()).deliveries(runId);
  await printResult(context, {
    data: announced.map(({ notice, deliveries }) => ({
      id: notice.id,
      event: notice.event,
      at: notice.at,
      notBefore: notice.notBefore,
      channels: deliveries?.channels ?? [],
    })),
    names: announced.map(({ notice }) => notice.id),
    lines: () => (announced.length === 0 ? [] : deliveryTable(announced, say)),
  });
  if (announced.length === 0 && context.format === 'table')
    tell(context, say('notify.nothing', { run: cleanText(runId) }));
  return EXIT.ok;
}

/** One line a notice and channel, in the order in which it happened. */
export function deliveryTable(announced: readonly Announced[], say: Say): string[] {
  const headings = [
    'column.event',
    'column.channel',
    'column.status',
    'column.attempts',
    'column.at',
    'column.answer',
  ] as const;
  return table(
    headings.map((key) => say(key)),
    announced.flatMap((one) => rows(one, say)),
  );
}

function rows({ notice, deliveries }: Announced, say: Say): readonly (readonly string[])[] {
  const event = notice.stage === null || notice.event === 'ended' ? notice.event : `${notice.event} ${notice.stage}`;
  if (deliveries === null) return [[event, '-', say('notify.state.new'), '0', notice.notBefore ?? notice.at, '-']];
  if (deliveries.channels.length === 0) return [[event, '-', say('notify.state.nobody'), '0', notice.at, '-']];
  return deliveries.channels.map((delivery) => [event, ...cells(delivery, say)].map((cell) => cleanText(cell)));
}

function cells({ channel, state, attempts, lastAt, nextAt, answer }: ChannelDelivery, say: Say): readonly string[] {
  const at = state === 'due' ? nextAt : (lastAt ?? nextAt);
  return [channel, say(`notify.state.${state}`), String(attempts), at, answer ?? '-'];
}
