import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';
import type { ClusterBackendKind, PodPlan, RoleTerms } from '../../domain/pod-plan.ts';
import type { ReplicaSources } from '../../domain/replica-plan.ts';
import { clusterOptions, clusterRequest, clusterSite } from './cluster-job.ts';
import { BACKEND_OPTIONS } from './backend-options.ts';
import type { JobRequestOptions } from './job-request.ts';
import { BACKEND_CASES } from './manifest-cases-backends.ts';
import { POD_CASES } from './manifest-cases-pods.ts';
import { BACKENDS, exampleDocument, renderPackaging, renderTraining, specOf } from './render-spec.ts';

/** What a case has that the plainest job has not. */
export interface CaseOver {
  readonly request?: Partial<JobRequestOptions>;
  readonly packaging?: boolean;
  readonly sources?: ReplicaSources;
  readonly pod?: Partial<PodPlan>;
  readonly terms?: Readonly<Record<string, Partial<RoleTerms>>>;
  readonly backend?: Readonly<Record<string, unknown>>;
  readonly site?: Partial<ClusterSite>;
  /** Sees a folder of the node, which Pod Security *restricted* forbids. */
  readonly hostPath?: boolean;
}

/** A job whose objects a real API server is asked about. */
export interface ManifestCase {
  readonly backend: ClusterBackendKind;
  readonly name: string;
  /** Kept as a file, so that a change of it is seen. */
  readonly golden: boolean;
  readonly hostPath: boolean;
  /** Which Trainer takes it. */
  readonly trainer: ClusterSite['dialects']['trainer'];
  render(namespace: string): readonly KubeObject[];
}

export const GOLDEN_NAMESPACE = 'ml';

/** Every combination of backend and spec that makes a difference to the objects. */
export function manifestCases(): readonly ManifestCase[] {
  const pods = CLUSTER_BACKENDS.flatMap((backend) =>
    // What is inside a pod is the same for all: one backend's files show it.
    Object.entries(POD_CASES).map(([name, over]) => caseOf(backend, name, over, backend === 'kubernetes-job')),
  );
  const own = CLUSTER_BACKENDS.flatMap((backend) =>
    Object.entries(BACKEND_CASES[backend]).map(([name, over]) => caseOf(backend, name, over, true)),
  );
  return [...pods, ...own, ...exampleCases()];
}

function caseOf(backend: ClusterBackendKind, name: string, over: CaseOver, golden: boolean): ManifestCase {
  return {
    backend,
    name,
    golden,
    hostPath: over.hostPath === true,
    trainer: over.site?.dialects?.trainer ?? 'runtimePatches',
    render(namespace) {
      const request = clusterRequest(over.request);
      const purpose = over.packaging === true ? 'package' : 'train';
      const sources = over.sources === undefined ? {} : { sources: over.sources };
      const whole = { ...request, ...sources, plan: { ...request.plan, purpose } as const };
      const options = clusterOptions(
        BACKEND_OPTIONS[backend].parse({ kind: backend, ...over.backend }),
        over.pod,
        over.terms,
      );
      return BACKENDS[backend].render(whole, clusterSite({ ...over.site, namespace }), options);
    },
  };
}

const SPECS = [
  ['llama-factory-volcano', 'volcano'],
  ['ppyoloe-paddlejob', 'paddlejob'],
  ['roles-volcano', 'volcano'],
  ['trainer-runtime', 'trainjob'],
  ['yolov5-volcano', 'volcano'],
] as const;

function exampleCases(): readonly ManifestCase[] {
  const digits = CLUSTER_BACKENDS.flatMap((backend) =>
    (['train', 'package'] as const).map((purpose) =>
      exampleCase(backend, `example-digits-${purpose}`, (site) => {
        const spec = specOf(exampleDocument('digits/trainyard.yaml'), `backend={ kind: ${backend} }`);
        return purpose === 'train' ? renderTraining(spec, site) : renderPackaging(spec, site);
      }),
    ),
  );
  const specs = SPECS.map(([name, backend]) =>
    exampleCase(backend, `example-${name}`, (site) =>
      renderTraining(specOf(exampleDocument(`specs/${name}.yaml`)), site),
    ),
  );
  return [...digits, ...specs];
}

function exampleCase(
  backend: ClusterBackendKind,
  name: string,
  render: (site: Partial<ClusterSite>) => readonly KubeObject[],
): ManifestCase {
  const site = { hostPathAllowed: true, serviceAccounts: ['trainer'], dialects: DIALECTS };
  return {
    backend,
    name,
    golden: true,
    hostPath: false,
    trainer: 'runtimePatches',
    render: (namespace) => render({ ...site, namespace }),
  };
}

/** Of a cluster that has everything. */
const DIALECTS = { trainer: 'runtimePatches', kueue: 'v1beta2', podGroups: 'volcano' } as const;
