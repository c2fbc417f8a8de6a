import { z } from 'zod';
import { localBackendOptions } from '../../backends/local/options.ts';

const site = z.string().min(1).optional().describe('Where jobs run');
const queue = z.string().optional().describe('Queue of the scheduler');
const priorityClass = z.string().optional().describe('Priority class of the pods');

/** Backends whose rooms do not exist yet: their kinds and fields are reserved and refused. */
const volcano = z.strictObject({ kind: z.literal('volcano'), site, queue, priorityClass });
const kubernetesJob = z.strictObject({ kind: z.literal('kubernetes-job'), site, priorityClass });
const trainjob = z.strictObject({
  kind: z.literal('trainjob'),
  site,
  runtime: z.string().optional().describe('Training runtime'),
  queue,
});
const paddlejob = z.strictObject({ kind: z.literal('paddlejob'), site, queue });

export const backend = z
  .discriminatedUnion('kind', [localBackendOptions, volcano, kubernetesJob, trainjob, paddlejob])
  .prefault({ kind: 'local' })
  .describe('How and where jobs run');
