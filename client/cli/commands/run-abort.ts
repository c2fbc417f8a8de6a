import type { CommandContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { repairRun } from '../repair-run.ts';
import type { Ended } from '../tree.ts';

export function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  return repairRun(context, input, 'abort');
}
