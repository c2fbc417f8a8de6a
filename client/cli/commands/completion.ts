import { TrainyardError } from '../../../domain/errors.ts';
import { completionScript, SHELLS } from '../completion/scripts.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { print } from '../output.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const shell = SHELLS.find((known) => known === input.args[0]);
  if (shell === undefined) {
    const message = texts(context.lang)('usage.badChoice', { name: 'SHELL', choices: SHELLS.join(', ') });
    throw new TrainyardError('TY_CLI_USAGE', message, {
      where: 'trainyard completion',
      fix: 'trainyard completion bash',
    });
  }
  print(context, [completionScript(shell)]);
  return EXIT.ok;
}
