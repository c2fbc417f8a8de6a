import { z } from 'zod';
import { argvCommand } from '../../recipes/fields.ts';
import { name } from './name.ts';
import { bytes, cores } from './quantity.ts';

/** One part of a job whose parts are not alike. */
export const role = z.strictObject({
  name: name.describe('Name of the role'),
  command: argvCommand.describe('Program and arguments'),
  replicas: z.int().min(1).max(1000).default(1).describe('Replicas'),
  resources: z
    .strictObject({
      cpu: cores.optional().describe('Cores of a replica'),
      memory: bytes.optional().describe('Memory of a replica'),
    })
    .optional()
    .describe('What each replica gets'),
  main: z.boolean().optional().describe('Whether the job ends with this role'),
  minSucceeded: z.int().nonnegative().optional().describe('Replicas that must succeed'),
  maxFailed: z.int().nonnegative().optional().describe('Replicas that may fail'),
});
