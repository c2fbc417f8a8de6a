import type { CommandContext, DevFacts, Language } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { countOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { tell } from '../output.ts';
import { pairs } from '../terminal/table.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const port = countOf(input, 'port', context.lang) ?? null;
  const composition = await context.composition();
  await composition.dev({
    directory: context.directory,
    port,
    signal: context.signal,
    onUp: (facts) => tell(context, ...devLines(facts, context.lang)),
  });
  return EXIT.ok;
}

/** What runs and where, one line each. */
export function devLines(facts: DevFacts, lang: Language): string[] {
  const say = texts(lang);
  return pairs([
    ['Temporal', facts.address],
    ...(facts.ui === null ? [] : [[say('dev.ui'), facts.ui] as const]),
    [say('dev.workspace'), cleanText(facts.workspace)],
    [say('dev.log'), cleanText(facts.log)],
    ...facts.services.map(
      ({ service, url, version }) => [say('dev.service'), cleanText(`${service} ${url} (${version})`)] as const,
    ),
  ]);
}
