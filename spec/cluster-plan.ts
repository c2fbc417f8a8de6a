import type { JobPlan } from '../domain/job.ts';
import { TrainyardError } from '../domain/errors.ts';
import type {
  ClusterJobPlan,
  CodeMount,
  DatasetMount,
  PodPlan,
  RoleTerms,
  ScratchPlan,
  SecretRef,
} from '../domain/pod-plan.ts';
import { devicesOf } from './devices.ts';
import type { Environment } from './fields/compute.ts';
import type { TrainingSpec } from './schema.ts';

/** Size of /dev/shm in containers, bytes: the 64 MiB they have by default break data loaders with workers. */
const SHARED_MEMORY = 2 * 2 ** 30;

/** What the settings of a site say where a spec says nothing. */
export interface SiteDefaults {
  /** `null` = every spec must name its own. */
  readonly image: string | null;
  /** Whether replicas copy to their nodes first; left out, they do not. */
  readonly workspace?: { readonly localCopies: boolean };
}

/**
 * What a job needs as pods; `null` on this machine.
 * @throws TrainyardError `TY_SPEC_INVALID` for containers of which nobody says the image
 */
export function clusterPlan(
  spec: TrainingSpec,
  purpose: JobPlan['purpose'],
  site: SiteDefaults | null,
): ClusterJobPlan | null {
  const { backend } = spec;
  if (backend.kind === 'local') return null;
  const pod = purpose === 'train' ? trainPod(spec, site) : packagePod(spec, site);
  const roles = purpose === 'train' ? roleTerms(spec, pod) : {};
  return { kind: backend.kind, options: { pod, roles, backend } };
}

function trainPod(spec: TrainingSpec, site: SiteDefaults | null): PodPlan {
  const { compute } = spec;
  const roles = spec.roles ?? [];
  // Roles that all have an image of their own need no other.
  const own = roles.every((role) => role.image) ? roles[0]?.image : undefined;
  return {
    ...sharedPart(spec),
    image: imageOf([compute.image, site?.image, own], spec, 'compute.image'),
    cpuRequest: roles.length > 0 ? null : (compute.requests?.cpu ?? null),
    memoryRequestBytes: roles.length > 0 ? null : (compute.requests?.memory ?? null),
    accelerators: devicesOf(compute.accelerator),
    scratch: scratchPlan(compute.scratch),
    secretEnv: secretEnvironment(compute.env),
    ...((compute.localCopies ?? site?.workspace?.localCopies) ? { localCopies: true } : {}),
  };
}

/** As the training job, but without its devices and its scratch space. */
function packagePod(spec: TrainingSpec, site: SiteDefaults | null): PodPlan {
  const { compute } = spec;
  const own = spec.package?.compute;
  const requests = own === undefined ? compute.requests : null;
  return {
    ...sharedPart(spec),
    image: imageOf([own?.image, compute.image, site?.image], spec, 'package.compute.image or compute.image'),
    cpuRequest: requests?.cpu ?? null,
    memoryRequestBytes: requests?.memory ?? null,
    accelerators: [],
    scratch: { kind: 'node', bytes: null },
    secretEnv: secretEnvironment(own?.env ?? compute.env),
  };
}

type Shared = Omit<PodPlan, 'image' | 'cpuRequest' | 'memoryRequestBytes' | 'accelerators' | 'scratch' | 'secretEnv'>;

function sharedPart(spec: TrainingSpec): Shared {
  const { compute, dataset } = spec;
  return {
    imagePullPolicy: compute.imagePullPolicy ?? null,
    imagePullSecrets: compute.imagePullSecrets ?? [],
    serviceAccount: compute.serviceAccount ?? null,
    cpu: null,
    memoryBytes: null,
    sharedMemoryBytes: compute.sharedMemory === undefined ? SHARED_MEMORY : compute.sharedMemory,
    volumes: (compute.volumes ?? []).map(({ claim, mountPath, subPath, readOnly }) => ({
      claim,
      mountPath,
      subPath: subPath ?? null,
      readOnly: readOnly ?? false,
    })),
    code: codeMount(spec.code),
    dataset: datasetMount(dataset),
    datasetPath: dataset?.mountPath ?? null,
    nodeSelector: compute.nodeSelector ?? {},
    tolerations: compute.tolerations ?? [],
    affinity: compute.affinity ?? null,
  };
}

/** What each role has of its own; what a role leaves out is as in `compute`. */
function roleTerms(spec: TrainingSpec, pod: PodPlan): Readonly<Record<string, RoleTerms>> {
  const { compute } = spec;
  const terms = (spec.roles ?? []).map((role): [string, RoleTerms] => {
    const { resources = {} } = role;
    const requests = resources.requests === undefined ? compute.requests : resources.requests;
    const cpu = resources.cpu === undefined ? compute.cpu : resources.cpu;
    const memory = resources.memory === undefined ? compute.memory : resources.memory;
    const own: Partial<PodPlan> = {
      image: role.image ?? pod.image,
      cpu: cpu ?? null,
      memoryBytes: memory ?? null,
      cpuRequest: requests?.cpu ?? null,
      memoryRequestBytes: requests?.memory ?? null,
      accelerators: resources.accelerator === undefined ? pod.accelerators : devicesOf(resources.accelerator),
      secretEnv: secretEnvironment({ ...compute.env, ...role.env }),
    };
    const { main, minSucceeded, maxFailed } = role;
    return [role.name, { main, minSucceeded: minSucceeded ?? null, maxFailed, pod: own }];
  });
  return Object.fromEntries(terms);
}

function imageOf(candidates: readonly (string | null | undefined)[], spec: TrainingSpec, where: string): string {
  const image = candidates.find((one) => one !== null && one !== undefined);
  if (image !== undefined && image !== null) return image;
  throw new TrainyardError(
    'TY_SPEC_INVALID',
    `backend ${spec.backend.kind} runs containers, and nothing says of which image`,
    {
      where,
      why: 'the spec names no image, and the settings of the site have no default',
      fix: 'set compute.image, or ask the operator of the site for a default',
    },
  );
}

function scratchPlan(scratch: TrainingSpec['compute']['scratch']): ScratchPlan {
  if (scratch?.claim) return { kind: 'claim', claim: scratch.claim };
  const made = scratch?.volumeClaim;
  if (!made) return { kind: 'node', bytes: scratch?.size ?? null };
  return { kind: 'generated', bytes: made.size, storageClass: made.storageClass ?? null, keep: made.keep };
}

function codeMount(code: TrainingSpec['code']): CodeMount {
  if (code?.configMap !== undefined) return { kind: 'configMap', name: code.configMap };
  if (code?.hostPath !== undefined) return { kind: 'hostPath', path: code.hostPath };
  if (code?.image !== undefined) return { kind: 'image', path: code.image };
  return { kind: 'workspace' };
}

function datasetMount(dataset: TrainingSpec['dataset']): DatasetMount {
  if (dataset?.sampleSet !== undefined) return { kind: 'mounted', name: dataset.sampleSet };
  if (dataset?.claim === undefined) return { kind: 'workspace' };
  const slash = dataset.claim.indexOf('/');
  if (slash === -1) return { kind: 'claim', claim: dataset.claim, subPath: null };
  return { kind: 'claim', claim: dataset.claim.slice(0, slash), subPath: dataset.claim.slice(slash + 1) };
}

function secretEnvironment(env: Environment): Readonly<Record<string, SecretRef>> {
  const references = Object.entries(env).flatMap(([name, value]): [string, SecretRef][] =>
    typeof value === 'string' ? [] : [[name, { secret: value.secret.name, key: value.secret.key }]],
  );
  return Object.fromEntries(references);
}
