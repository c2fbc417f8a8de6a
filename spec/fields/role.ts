import { z } from 'zod';
import { argvCommand, scriptArguments } from '../../recipes/fields.ts';
import { environment, roleResources } from './compute.ts';
import { imageName } from './kube.ts';
import { name } from './name.ts';

/** One part of a job whose parts are not alike. */
export const role = z.strictObject({
  name: name.describe('Name of the role; its replicas find it in TASKROLE_NAME, in capitals'),
  command: argvCommand.describe('Program and arguments: a list, or one line split at spaces and quotes'),
  params: scriptArguments.describe(
    'Parameters behind the command: `epochs: 3` becomes `--epochs=3`, as in `args` of a recipe',
  ),
  replicas: z.int().min(1).max(1000).default(1).describe('Replicas'),
  image: imageName.nullable().optional().describe('Image of its containers; left out, `compute.image`'),
  env: environment.describe('Environment of its processes, besides and before that of `compute`'),
  resources: roleResources.optional().describe('What each replica gets; what is left out, as in `compute`'),
  main: z.boolean().default(false).describe('Whether its success ends the job well, whatever the others do'),
  minSucceeded: z
    .int()
    .min(1)
    .nullable()
    .optional()
    .describe('Replicas that must succeed; left out, all that may not fail'),
  maxFailed: z.int().min(0).default(0).describe('Replicas that may fail while the job goes on'),
});
