import { z } from 'zod';
import { toArgv } from './arguments.ts';
import { checkpointOf, declaredCheckpoint } from './checkpoint.ts';
import { relativePath, scriptArguments } from './fields.ts';
import type { Recipe } from './recipe.ts';

const params = z
  .strictObject({
    kind: z.literal('torchrun'),
    script: relativePath().describe('Python script in the code, started once a rank'),
    args: scriptArguments,
    checkpoint: declaredCheckpoint,
  })
  .describe('A PyTorch script, one process a rank, with the environment torchrun would give');

/** PyTorch scripts that join a process group from their environment. */
export const torchrun: Recipe<typeof params> = {
  kind: 'torchrun',
  params,
  packageKind: 'torchscript',
  train: ({ script, args, checkpoint }) => ({
    launcher: 'torchrun',
    step: { name: 'train', argv: ['python3', script, ...toArgv(args)], cwd: 'code' },
    requiredFiles: [script],
    ...checkpointOf(checkpoint),
  }),
};
