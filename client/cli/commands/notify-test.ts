import { TrainyardError } from '../../../domain/errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult } from '../output.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const [name = ''] = input.args;
  const tried = await (await context.composition()).tryChannel(name, context.signal);
  const shown = { name: cleanText(name), answer: cleanText(tried.answer) };
  if (!tried.ok) {
    throw new TrainyardError('TY_NOTIFY_REFUSED', say('notify.refused', { name: shown.name }), {
      where: `notifications.${shown.name}`,
      why: shown.answer,
      fix: `trainyard notify test ${shown.name}`,
    });
  }
  await printResult(context, { data: tried, names: [name], lines: () => [say('notify.took', shown)] });
  return EXIT.ok;
}
