import type { RepairRequest } from '../../domain/messages.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { listOf, textOf } from './input.ts';
import type { CommandInput } from './input.ts';
import { texts } from './messages/texts.ts';
import { printResult, tell } from './output.ts';
import { confirm } from './prompt.ts';
import { resolveRun } from './run-ref.ts';
import { cleanText } from './terminal/text.ts';
import type { Ended } from './tree.ts';

/** Answers a run that waits for a person. Ending it asks first. */
export async function repairRun(
  context: CommandContext,
  input: CommandInput,
  action: RepairRequest['action'],
): Promise<Ended> {
  const say = texts(context.lang);
  const runId = await resolveRun(context, input.args[0]);
  const shown = cleanText(runId);
  if (action === 'abort' && !(await confirm(context, say('ask.abort', { run: shown }), `run abort ${shown}`))) {
    tell(context, say('ask.declined'));
    return EXIT.declined;
  }
  const comment = textOf(input, 'comment');
  const sdk = await context.sdk();
  const set = listOf(input, 'set');
  const status = await sdk.repair(runId, {
    action,
    ...(comment === undefined ? {} : { comment }),
    ...(set.length === 0 ? {} : { set }),
  });
  const line = say('repair.done', { run: shown, status: say(`status.${status}`) });
  await printResult(context, { data: { runId, status }, names: [runId], lines: () => [line] });
  return EXIT.ok;
}
