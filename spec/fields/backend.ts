import { z } from 'zod';
import { kubernetesJobBackendOptions } from '../../backends/kubernetes-job/options.ts';
import { localBackendOptions } from '../../backends/local/options.ts';
import { volcanoBackendOptions } from '../../backends/volcano/options.ts';

const site = z.string().min(1).optional().describe('Where jobs run');
const queue = z.string().optional().describe('Queue of the scheduler');

/** Backends whose rooms do not exist yet: their kinds and fields are reserved and refused. */
const trainjob = z.strictObject({
  kind: z.literal('trainjob'),
  site,
  runtime: z.string().optional().describe('Training runtime'),
  queue,
});
const paddlejob = z.strictObject({ kind: z.literal('paddlejob'), site, queue });

export const backend = z
  .discriminatedUnion('kind', [
    localBackendOptions,
    volcanoBackendOptions,
    kubernetesJobBackendOptions,
    trainjob,
    paddlejob,
  ])
  .prefault({ kind: 'local' })
  .describe('How and where jobs run');
