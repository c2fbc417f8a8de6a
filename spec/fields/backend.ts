import { z } from 'zod';
import { kubernetesJobBackendOptions } from '../../backends/kubernetes-job/options.ts';
import { localBackendOptions } from '../../backends/local/options.ts';
import { paddlejobBackendOptions } from '../../backends/paddlejob/options.ts';
import { trainjobBackendOptions } from '../../backends/trainjob/options.ts';
import { volcanoBackendOptions } from '../../backends/volcano/options.ts';

export const backend = z
  .discriminatedUnion('kind', [
    localBackendOptions,
    volcanoBackendOptions,
    kubernetesJobBackendOptions,
    trainjobBackendOptions,
    paddlejobBackendOptions,
  ])
  .prefault({ kind: 'local' })
  .describe('How and where jobs run');
