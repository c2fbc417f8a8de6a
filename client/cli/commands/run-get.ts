import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { runResult } from '../run-lines.ts';
import { resolveRun } from '../run-ref.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const { lang, colour } = context;
  const runId = await resolveRun(context, input.args[0]);
  const onTrouble = (): void => tell(context, texts(lang)('get.noWorker', { run: cleanText(runId) }));
  const view = await (await context.sdk()).get(runId, { onTrouble });
  await printResult(context, runResult(view, { lang, colour, now: new Date() }));
  return EXIT.ok;
}
