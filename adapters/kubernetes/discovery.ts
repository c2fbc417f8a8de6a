import type { ClusterSite } from '../../domain/cluster-job.ts';
import { at, listAt, textAt } from '../../domain/json.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import { readIfAllowed, readServedApis } from './served-apis.ts';
import type { ServedApis } from './served-apis.ts';

type Dialects = ClusterSite['dialects'];

/** What of it a cluster has. */
export interface SiteDiscovery extends Dialects {
  /** Whether the API of that backend is served. A Trainer that is served and speaks no dialect of ours has `trainer: null`. */
  readonly backends: Readonly<Record<ClusterBackendKind, boolean>>;
}

const TRAINER = { group: 'trainer.kubeflow.org', version: 'v1alpha1' } as const;
const TRAINJOBS_CRD = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/trainjobs.trainer.kubeflow.org';
const KUEUE_VERSIONS = ['v1beta2', 'v1beta1'] as const;
const TRAINER_DIALECTS = ['runtimePatches', 'podTemplateOverrides'] as const;

/**
 * Asks the API server what is installed on the cluster. Needs no rights beyond those of any authenticated user.
 * @throws KubeFailure
 */
export async function discoverSite(api: KubeApi, served?: ServedApis): Promise<SiteDiscovery> {
  const apis = served ?? (await readServedApis(api));
  const [volcano, trainjob, paddlejob, kueue, podGroups] = await Promise.all([
    apis.serves('batch.volcano.sh', 'v1alpha1', 'jobs'),
    apis.serves(TRAINER.group, TRAINER.version, 'trainjobs'),
    apis.serves('batch.paddlepaddle.org', 'v1', 'paddlejobs'),
    kueueVersion(apis),
    podGroupApi(apis),
  ]);
  const trainer = trainjob ? await trainerDialect(api) : null;
  return { trainer, kueue, podGroups, backends: { 'kubernetes-job': true, volcano, trainjob, paddlejob } };
}

async function kueueVersion(apis: ServedApis): Promise<Dialects['kueue']> {
  for (const version of KUEUE_VERSIONS) {
    if (await apis.serves('kueue.x-k8s.io', version, 'workloads')) return version;
  }
  return null;
}

async function podGroupApi(apis: ServedApis): Promise<Dialects['podGroups']> {
  if (await apis.serves('scheduling.volcano.sh', 'v1beta1', 'podgroups')) return 'volcano';
  return (await apis.serves('scheduling.x-k8s.io', 'v1alpha1', 'podgroups')) ? 'coscheduling' : null;
}

/** The CRD is small and exact, but reading it is a right of its own; the published schema says the same to everyone. */
async function trainerDialect(api: KubeApi): Promise<Dialects['trainer']> {
  const crd = await readIfAllowed(api, TRAINJOBS_CRD);
  const fields =
    crd === null
      ? publishedFields(await readIfAllowed(api, `/openapi/v3/apis/${TRAINER.group}/${TRAINER.version}`))
      : definedFields(crd);
  return TRAINER_DIALECTS.find((field) => at(fields, field) !== undefined) ?? null;
}

function definedFields(crd: unknown): unknown {
  const version = listAt(crd, 'spec', 'versions').find((entry) => textAt(entry, 'name') === TRAINER.version);
  return at(version, 'schema', 'openAPIV3Schema', 'properties', 'spec', 'properties');
}

function publishedFields(openapi: unknown): unknown {
  const schemas = Object.values(at(openapi, 'components', 'schemas') ?? {});
  const trainJob = schemas.find((schema) =>
    listAt(schema, 'x-kubernetes-group-version-kind').some((kind) => textAt(kind, 'kind') === 'TrainJob'),
  );
  return at(trainJob, 'properties', 'spec', 'properties');
}
