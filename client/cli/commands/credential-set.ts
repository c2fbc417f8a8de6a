import { TrainyardError } from '../../../domain/errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { tell } from '../output.ts';
import { askSecret, readAll } from '../prompt.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

const LONGEST_SECRET = 64 * 1024;

/** The secret comes from standard input or a hidden prompt: never from the command line, where others see it. */
export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const [name = ''] = input.args;
  const host = textOf(input, 'host');
  if (host === undefined)
    throw new TrainyardError('TY_CLI_USAGE', say('usage.missingArgument', { name: '--host' }), { where: '--host' });
  const credentials = await context.credentials();
  const secret = await readSecret(context, cleanText(host));
  if (secret === '') {
    throw new TrainyardError('TY_CLI_USAGE', say('credential.emptySecret'), {
      where: 'stdin',
      fix: `trainyard credential set ${cleanText(name)} --host ${cleanText(host)} < FILE`,
    });
  }
  await credentials.set({ name, host, username: textOf(input, 'username') ?? 'git' }, secret);
  tell(context, say('credential.stored', { name: cleanText(name), host: cleanText(host) }));
  return EXIT.ok;
}

/** One newline at the end belongs to the file, not to the secret. */
async function readSecret(context: CommandContext, host: string): Promise<string> {
  if (context.interactive) return askSecret(context, texts(context.lang)('ask.secret', { host }));
  return (await readAll(context, LONGEST_SECRET)).replace(/\r?\n$/, '');
}
