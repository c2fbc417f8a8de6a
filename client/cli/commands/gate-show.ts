import { gateOf } from '../../sdk/gates.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { gateLines } from '../gate-lines.ts';
import { stageArgument } from '../gate-stage.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { resolveRun } from '../run-ref.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const { lang, colour } = context;
  const stage = stageArgument(input.args[1], lang);
  const runId = await resolveRun(context, input.args[0]);
  const onTrouble = (): void => tell(context, texts(lang)('get.noWorker', { run: cleanText(runId) }));
  const gate = gateOf(await (await context.sdk()).get(runId, { onTrouble }), stage);
  await printResult(context, {
    data: { runId, gate },
    names: gate.offer === null ? [] : [gate.offer.digest],
    lines: () => gateLines(runId, gate, { lang, colour, now: new Date() }),
  });
  return EXIT.ok;
}
