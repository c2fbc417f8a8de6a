import type { ClusterBackendKind } from '../../../domain/pod-plan.ts';
import type { SiteDiscovery } from '../discovery.ts';
import type { ServedApis } from '../served-apis.ts';
import { missing, ok, warn } from './finding.ts';
import type { SiteFinding } from './finding.ts';
import { INSTALL_OF, INSTALLS } from './installs.ts';

const GROUPS: Readonly<Record<ClusterBackendKind, string>> = {
  'kubernetes-job': 'batch',
  volcano: 'batch.volcano.sh',
  trainjob: 'trainer.kubeflow.org',
  paddlejob: 'batch.paddlepaddle.org',
};

const DIALECTS = { podTemplateOverrides: 'as of 2.1', runtimePatches: 'as of 2.2 and later' } as const;

/** Whether what a backend needs is installed. Without a backend: which of them are. */
export async function backendFindings(
  apis: ServedApis,
  found: SiteDiscovery,
  backend: ClusterBackendKind | null,
): Promise<readonly SiteFinding[]> {
  if (backend === null) {
    const installed = Object.entries(found.backends).filter(([, there]) => there);
    return [ok('backends', installed.map(([kind]) => kind).join(', '))];
  }
  const served = apis.versions(GROUPS[backend]).map((version) => `${GROUPS[backend]}/${version}`);
  const install = INSTALL_OF[backend];
  if (!found.backends[backend] && install !== null) {
    const half = served.length === 0 ? 'not installed' : `only ${served.join(', ')} without what jobs need`;
    return [missing(backend, half, install)];
  }
  const here = ok(backend, served.join(', '));
  switch (backend) {
    case 'kubernetes-job':
      return [here, gang(found)];
    case 'volcano':
      return [here, await companion(apis, 'commands', 'bus.volcano.sh', 'v1alpha1', INSTALLS.volcano)];
    case 'trainjob':
      return [trainer(found, served), await jobSets(apis)];
    case 'paddlejob':
      return [here, await companion(apis, 'samplesets', GROUPS.paddlejob, 'v1alpha1', INSTALLS.paddlecloud)];
  }
}

function gang({ kueue, podGroups }: SiteDiscovery): SiteFinding {
  const means = [
    ...(kueue === null ? [] : [`Kueue ${kueue}`]),
    ...(podGroups === null ? [] : [`PodGroups of ${podGroups}`]),
  ];
  if (means.length > 0) return ok('gang', means.join(', '));
  return warn('gang', 'nothing starts the ranks of a plain Job together', INSTALLS.kueue);
}

function trainer(found: SiteDiscovery, served: readonly string[]): SiteFinding {
  if (found.trainer !== null) return ok('trainjob', `${served.join(', ')}, ${DIALECTS[found.trainer]}`);
  return missing('trainjob', 'a version of Kubeflow Trainer that is not supported', INSTALLS.trainer);
}

async function jobSets(apis: ServedApis): Promise<SiteFinding> {
  const there = await apis.serves('jobset.x-k8s.io', 'v1alpha2', 'jobsets');
  if (there) return ok('jobset', 'jobset.x-k8s.io/v1alpha2');
  return missing('jobset', 'not installed: a TrainJob starts no pods without it', INSTALLS.jobset);
}

async function companion(
  apis: ServedApis,
  resource: string,
  group: string,
  version: string,
  install: string,
): Promise<SiteFinding> {
  const there = await apis.serves(group, version, resource);
  return there ? ok(resource, `${group}/${version}`) : warn(resource, 'not installed', install);
}
