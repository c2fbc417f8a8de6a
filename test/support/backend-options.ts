import { kubernetesJobBackendOptions } from '../../backends/kubernetes-job/options.ts';
import { paddlejobBackendOptions } from '../../backends/paddlejob/options.ts';
import { trainjobBackendOptions } from '../../backends/trainjob/options.ts';
import { volcanoBackendOptions } from '../../backends/volcano/options.ts';

/** What each backend reads its part of a spec with. */
export const BACKEND_OPTIONS = {
  'kubernetes-job': kubernetesJobBackendOptions,
  volcano: volcanoBackendOptions,
  trainjob: trainjobBackendOptions,
  paddlejob: paddlejobBackendOptions,
} as const;
