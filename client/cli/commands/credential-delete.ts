import { TrainyardError } from '../../../domain/errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { tell } from '../output.ts';
import { confirm } from '../prompt.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const [given = ''] = input.args;
  const name = cleanText(given);
  if (!(await confirm(context, say('ask.delete', { name }), `credential delete ${name}`))) {
    tell(context, say('ask.declined'));
    return EXIT.declined;
  }
  const credentials = await context.credentials();
  if (await credentials.delete(given)) {
    tell(context, say('credential.deleted', { name }));
    return EXIT.ok;
  }
  throw new TrainyardError('TY_GIT_CREDENTIAL_MISSING', say('credential.missing', { name }), {
    where: name,
    fix: 'trainyard credential list',
  });
}
