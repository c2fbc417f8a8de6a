import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { table } from '../terminal/table.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext): Promise<Ended> {
  const say = texts(context.lang);
  const credentials = await context.credentials();
  // Name by name: an adapter that keeps more with a credential must not leak it here.
  const found = (await credentials.list()).map(({ name, host, username }) => ({ name, host, username }));
  const headings = [say('column.name'), say('column.host'), say('column.user')];
  await printResult(context, {
    data: found,
    names: found.map(({ name }) => name),
    lines: () =>
      found.length === 0
        ? []
        : table(
            headings,
            found.map(({ name, host, username }) => [name, host, username].map((cell) => cleanText(cell))),
          ),
  });
  if (found.length === 0 && context.format === 'table') tell(context, say('credential.none'));
  return EXIT.ok;
}
