import { userInfo } from 'node:os';
import { identityPath, newIdentity, writeIdentity } from '../../sdk/identity.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { identityResult } from '../identity-lines.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

/** Makes a key and says what an administrator does with its public half. */
export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const file = identityPath(context.env);
  const identity = newIdentity(input.args[0] ?? userName());
  await writeIdentity(file, identity);
  tell(context, say('identity.made', { file: cleanText(file) }), say('identity.give'));
  await printResult(context, await identityResult(identity, file));
  return EXIT.ok;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
