import { z } from 'zod';
import type { CheckpointPlan } from '../domain/checkpoint.ts';
import { argument, relativePath } from './fields.ts';

const RUN_ID = /^(?!.*\.\.)[A-Za-z0-9][-A-Za-z0-9._]{0,99}$/;

/** What of a checkpoint is a matter of the run, whatever the framework. */
export const checkpointTerms = {
  onCodeFailure: z
    .enum(['resume', 'restart'])
    .default('resume')
    .describe(
      'What an attempt after a fault of the program starts from: `resume` the newest checkpoint, `restart` what the run began with',
    ),
  from: z
    .string()
    .regex(RUN_ID, { error: 'must be the id of a run, such as run-digits-a2b3c4' })
    .nullable()
    .optional()
    .describe('Run of the same project whose newest checkpoint the first attempt starts from'),
};

/** Checkpoints of a program that nothing is known of: it says where they are and how it goes on from one. */
export const declaredCheckpoint = z
  .strictObject({
    path: relativePath()
      .refine((path) => !path.includes('*') || !/\*.*\//.test(path), {
        error: 'may have "*" only in its last part',
      })
      .describe(
        'Where checkpoints are, below the output folder: a file, a folder whose newest entry counts, or names such as `checkpoint-*`',
      ),
    resume: z
      .array(argument())
      .max(100)
      .default(['--resume={checkpoint}'])
      .describe('Arguments added to go on from a checkpoint; `{checkpoint}` is its absolute path'),
    ...checkpointTerms,
  })
  .nullable()
  .optional()
  .describe('What training goes on from after it was interrupted; left out, every attempt begins anew');

/** The plan of declared checkpoints, ready to be spread into what a recipe returns. */
export function checkpointOf(declared: z.output<typeof declaredCheckpoint>): { readonly checkpoint?: CheckpointPlan } {
  if (!declared) return {};
  const { path, resume, onCodeFailure, from } = declared;
  return { checkpoint: { path: tidy(path), resume, onCodeFailure, from: from ?? null } };
}

/** `./checkpoints//last/` is `checkpoints/last`. */
function tidy(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? '.' : parts.join('/');
}
