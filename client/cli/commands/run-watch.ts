import type { CommandContext } from '../context.ts';
import { followToEnd } from '../follow-to-end.ts';
import { countOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { resolveRun } from '../run-ref.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const timeout = countOf(input, 'timeout', context.lang);
  const runId = await resolveRun(context, input.args[0]);
  // On a terminal the picture stays, so that a run mended elsewhere is seen to go on.
  const stopWhenParked = context.streams.stderr.isTTY !== true;
  return followToEnd(context, runId, { timeout, silent: false, stopWhenParked });
}
