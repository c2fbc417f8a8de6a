import { settingsPath } from '../../sdk/settings-files.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { texts } from '../messages/texts.ts';
import { printResult } from '../output.ts';
import { table } from '../terminal/table.ts';
import { cleanText } from '../terminal/text.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext): Promise<Ended> {
  const say = texts(context.lang);
  const data = { file: settingsPath(context.env), dev: context.dev, settings: context.settings };
  await printResult(context, {
    data,
    names: [data.file],
    lines: () => table([say('column.field'), say('column.value')], flatten('', data)),
  });
  return EXIT.ok;
}

/** One row a leaf: `settings.temporal.address  127.0.0.1:7233`. */
export function flatten(path: string, value: unknown): string[][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[path, cleanText(value === null ? '-' : Array.isArray(value) ? value.join(', ') || '-' : String(value))]];
  }
  return Object.entries(value).flatMap(([name, part]) => flatten(path === '' ? name : `${path}.${name}`, part));
}
