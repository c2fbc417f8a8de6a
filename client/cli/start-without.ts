import { TrainyardError } from '../../domain/errors.ts';
import { explainCommand } from '../../spec/explain-command.ts';
import type { TrainingSpec } from '../../spec/training-spec.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { texts } from './messages/texts.ts';
import { printResult, tell } from './output.ts';
import { painter } from './terminal/colour.ts';
import { table } from './terminal/table.ts';
import { cleanText } from './terminal/text.ts';
import type { Ended } from './tree.ts';

/** `--dry-run`: the commands, and the spec with its defaults. */
export async function explain(context: CommandContext, spec: TrainingSpec): Promise<Ended> {
  const say = texts(context.lang);
  const paint = painter(context.colour);
  const commands = explainCommand(spec);
  const { stringify } = await import('yaml');
  await printResult(context, {
    data: { spec, commands },
    names: [spec.name],
    lines: () => [
      paint('bold', say('start.commands')),
      ...commands.map((line) => `  ${cleanText(line)}`),
      '',
      paint('bold', say('start.spec')),
      ...cleanText(stringify(spec, { aliasDuplicateObjects: false }))
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    ],
  });
  tell(context, say('start.dryRun'));
  return EXIT.ok;
}

/** `--print-manifest`: the objects as YAML documents, in the order in which they would be created. */
export async function printManifest(context: CommandContext, spec: TrainingSpec): Promise<Ended> {
  const say = texts(context.lang);
  const { site, objects } = await (await context.composition()).siteManifest(spec);
  const { stringify } = await import('yaml');
  const shown = { aliasDuplicateObjects: false, lineWidth: 0 };
  await printResult(context, {
    data: objects,
    names: objects.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`),
    lines: () => objects.map((object) => `---\n${cleanText(stringify(object, shown)).trimEnd()}`),
  });
  tell(context, say('start.manifest'), ...(site === null ? [say('start.noSite')] : []));
  return EXIT.ok;
}

/** `--dry-run=server`: what the cluster says to each object. Throws what would keep a run from being made. */
export async function askServer(context: CommandContext, spec: TrainingSpec): Promise<Ended> {
  const say = texts(context.lang);
  const tried = await (await context.composition()).siteDryRun(spec);
  const { objects, error } = tried;
  await printResult(context, {
    data: tried,
    names: objects.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`),
    lines: () =>
      table(
        [say('column.kind'), say('column.name'), say('column.answer'), say('column.why')],
        objects.map(({ kind, name, answer, why }) => [kind, name, answer, cleanText(why ?? '')]),
      ),
  });
  if (error !== null) throw new TrainyardError(error.code, error.message, error);
  tell(context, say('start.tried', { site: tried.site }));
  return EXIT.ok;
}
