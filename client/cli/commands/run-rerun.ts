import { RERUN_STAGES } from '../../../domain/rerun.ts';
import { afterStart, followOptions } from '../after-start.ts';
import type { CommandContext } from '../context.ts';
import { listOf, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { resolveRun } from '../run-ref.ts';
import { TrainyardError } from '../../../domain/errors.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const follow = followOptions(context, input);
  const from = RERUN_STAGES.find((stage) => stage === textOf(input, 'from'));
  if (from === undefined) {
    throw new TrainyardError('TY_CLI_USAGE', texts(context.lang)('usage.missingOption', { name: '--from' }), {
      where: 'trainyard run rerun',
      why: RERUN_STAGES.join(', '),
    });
  }
  const of = await resolveRun(context, input.args[0]);
  const { runId } = await (await context.sdk()).rerun(of, { from, set: listOf(input, 'set') });
  return await afterStart(context, runId, follow);
}
