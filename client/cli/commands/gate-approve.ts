import type { CommandContext } from '../context.ts';
import { decideGate } from '../decide-gate.ts';
import type { CommandInput } from '../input.ts';
import type { Ended } from '../tree.ts';

export function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  return decideGate(context, input, 'approve');
}
