import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { table } from '../terminal/table.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext): Promise<Ended> {
  const say = texts(context.lang);
  const found = Object.entries(context.settings.identities)
    .map(([actor, { keys, groups }]) => ({ actor, keys, groups }))
    .toSorted((a, b) => a.actor.localeCompare(b.actor));
  const rows = found.map(({ actor, groups, keys }) => [actor, groups.join(', ') || '-', keys.join(', ') || '-']);
  await printResult(context, {
    data: found,
    names: found.map(({ actor }) => actor),
    lines: () =>
      found.length === 0
        ? []
        : table(
            [say('column.actor'), say('column.groups'), say('column.keys')],
            rows.map((row) => row.map((cell) => cleanText(cell))),
          ),
  });
  if (found.length === 0 && context.format === 'table') tell(context, say('identity.none'));
  return EXIT.ok;
}
