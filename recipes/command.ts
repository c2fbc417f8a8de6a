import { z } from 'zod';
import { toArgv } from './arguments.ts';
import { checkpointOf, declaredCheckpoint } from './checkpoint.ts';
import { argvCommand, scriptArguments } from './fields.ts';
import type { Recipe } from './recipe.ts';

const params = z
  .strictObject({
    kind: z.literal('command'),
    command: argvCommand.describe(
      'Program and arguments: a list, or one line split at spaces and quotes. No shell: nothing is expanded.',
    ),
    args: scriptArguments,
    checkpoint: declaredCheckpoint,
  })
  .describe('Any program, one process a replica');

/** Anything that can be started: the recipe for frameworks that have none. */
export const command: Recipe<typeof params> = {
  kind: 'command',
  params,
  packageKind: 'torchscript',
  train: ({ command: argv, args, checkpoint }) => ({
    launcher: 'plain',
    step: { name: 'train', argv: [...argv, ...toArgv(args)], cwd: 'code' },
    requiredFiles: ownProgram(argv),
    ...checkpointOf(checkpoint),
  }),
};

/** `./train.sh` is a file of the code; `make` and `/usr/bin/make` are the site's. */
function ownProgram(argv: readonly string[]): string[] {
  const [program = ''] = argv;
  return program.startsWith('./') && !program.split('/').includes('..') ? [program.slice(2)] : [];
}
