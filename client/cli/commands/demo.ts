import type { CommandContext } from '../context.ts';
import { runDemo } from '../demo/run-demo.ts';
import type { CommandInput } from '../input.ts';
import { isSet } from '../input.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  return await runDemo(context, isSet(input, 'keep'));
}
