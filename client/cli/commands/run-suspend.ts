import type { CommandContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { suspendRun } from '../suspend-run.ts';
import type { Ended } from '../tree.ts';

export function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  return suspendRun(context, input, 'suspend');
}
