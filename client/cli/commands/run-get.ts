import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandInput } from '../input.ts';
import { printResult } from '../output.ts';
import { runResult } from '../run-lines.ts';
import { resolveRun } from '../run-ref.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const runId = await resolveRun(context, input.args[0]);
  const view = await (await context.sdk()).get(runId);
  const { lang, colour } = context;
  await printResult(context, runResult(view, { lang, colour, now: new Date() }));
  return EXIT.ok;
}
