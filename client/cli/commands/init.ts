import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainyardError } from '../../../domain/errors.ts';
import { initTemplate } from '../../../spec/init-template.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { isSet, textOf } from '../input.ts';
import type { CommandInput } from '../input.ts';
import { texts } from '../messages/texts.ts';
import { print, tell } from '../output.ts';
import { confirm } from '../prompt.ts';
import type { Ended } from '../tree.ts';

export async function run(context: CommandContext, input: CommandInput): Promise<Ended> {
  const say = texts(context.lang);
  const path = join(context.directory, 'trainyard.yaml');
  const text = initTemplate(textOf(input, 'recipe') === 'command' ? 'command' : 'torchrun');
  if (!(await write(path, text, isSet(input, 'force') || context.yes))) {
    if (!context.interactive) throw exists(path, say('ask.overwrite', { path }));
    if (!(await confirm(context, say('ask.overwrite', { path }), 'init'))) {
      tell(context, say('ask.declined'));
      return EXIT.declined;
    }
    await write(path, text, true);
  }
  tell(context, say('init.wrote', { path }), say('init.next'));
  if (context.format !== 'table') print(context, [path]);
  return EXIT.ok;
}

/** False if the file is there and may not be overwritten. */
async function write(path: string, text: string, overwrite: boolean): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: overwrite ? 'w' : 'wx' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    const why = error instanceof Error ? error.message : String(error);
    throw new TrainyardError('TY_WORKSPACE_FAILED', `${path} cannot be written`, { where: path, why }, error);
  }
}

function exists(path: string, why: string): TrainyardError {
  return new TrainyardError('TY_CLI_USAGE', why, { where: path, fix: 'trainyard init --force' });
}
