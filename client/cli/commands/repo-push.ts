import { resolve } from 'node:path';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { listOf, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { printResult, tell } from '../output.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const [dir = '', url = ''] = input.args;
  const directory = resolve(context.directory, dir);
  const branch = textOf(input, 'branch') ?? 'main';
  const shown = { url: cleanText(url), branch: cleanText(branch) };
  const publisher = await context.publisher();
  tell(context, say('push.progress', { dir: cleanText(directory), url: shown.url }));
  const { commit, found, lfsObjects } = await publisher.publish({
    remote: { url, credential: textOf(input, 'credential') ?? null },
    branch,
    directory,
    lfs: listOf(input, 'lfs'),
    message: textOf(input, 'message') ?? 'Add files',
    author: context.settings.author,
    signal: context.signal,
    onProgress: (line) => tell(context, cleanText(line)),
  });
  const line = say('push.done', { commit: commit.slice(0, 12), ...shown });
  await printResult(context, {
    data: { url, branch, commit, found, lfsObjects },
    names: [commit],
    lines: () => [line],
  });
  return EXIT.ok;
}
