import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { countOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { tell } from '../output.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const port = countOf(input, 'port', context.lang) ?? null;
  const composition = await context.composition();
  await composition.dev({
    directory: context.directory,
    port,
    signal: context.signal,
    say: (line) => tell(context, line),
  });
  return EXIT.ok;
}
