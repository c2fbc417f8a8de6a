import { z } from 'zod';

/** `backend:` of a spec whose jobs are processes of the worker's own machine. */
export const localBackendOptions = z
  .strictObject({
    kind: z.literal('local').describe('Jobs are processes of this machine.'),
    site: z.literal('local').default('local').describe('The machine the worker runs on.'),
  })
  .describe('Processes of this machine, each rank in a process group of its own.');

export type LocalBackendOptions = z.infer<typeof localBackendOptions>;
