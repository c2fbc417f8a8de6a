import { afterStart, followOptions } from '../after-start.ts';
import type { CommandContext } from '../context.ts';
import { listOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { resolveRun } from '../run-ref.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const follow = followOptions(context, input);
  const of = await resolveRun(context, input.args[0]);
  const { runId } = await (await context.sdk()).resubmit(of, { set: listOf(input, 'set') });
  return await afterStart(context, runId, follow);
}
