import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult } from '../output.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const [name = ''] = input.args;
  const url = textOf(input, 'url');
  const credentials = await context.credentials();
  const { host } = await credentials.find(name);
  const shown = { name: cleanText(name), host: cleanText(host) };
  if (url === undefined) {
    const line = say('credential.exists', shown);
    await printResult(context, { data: { name, host, commit: null }, names: [name], lines: () => [line] });
    return EXIT.ok;
  }
  const git = await context.git();
  const { commit } = await git.resolveRef({ url, credential: name }, 'HEAD', context.signal);
  const line = say('credential.works', { name: shown.name, url: cleanText(url), commit });
  await printResult(context, { data: { name, host, url, commit }, names: [name], lines: () => [line] });
  return EXIT.ok;
}
