import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { listOf, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const composition = await context.composition();
  await composition.worker({
    deployment: textOf(input, 'deployment') ?? null,
    sites: listOf(input, 'site'),
    signal: context.signal,
  });
  return EXIT.ok;
}
