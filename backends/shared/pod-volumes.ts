import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import { KUBE_LABELS } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest } from '../../domain/job.ts';
import type { PodPlan } from '../../domain/pod-plan.ts';
import { jobLabels, jobMetadata } from './labels.ts';
import { POD_PATHS, podDirectoryOf, sharesCheckout } from './pod-command.ts';
import { localCopies } from './pod-local-copies.ts';
import type { LocalCopy } from './pod-local-copies.ts';
import { replicaVolumes } from './replica-pods.ts';

/** A volume; exactly one source besides the name. */
export interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

interface Mounted {
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
}

interface PodVolumes extends Mounted {
  /** What is copied to the node before the first step. */
  readonly copies: readonly LocalCopy[];
}

const WORKSPACE = 'workspace';

/**
 * What a pod sees of the workspace, its scratch space and the user's own claims. A pod sees only its own folders:
 * never the mirrors, other runs, or the record of its own run.
 * @throws TrainyardError `TY_BACKEND_POLICY`, `TY_BACKEND_DIRECTORY`, `TY_BACKEND_UNSUPPORTED`
 */
export function podVolumes(request: JobRequest, site: ClusterSite, pod: PodPlan): PodVolumes {
  const { claim, replicas = null } = site.workspace;
  const parts = [
    replicas === null
      ? workspaceMounts(request, site, pod, claim)
      : replicaVolumes(request, replicas, pod, roomOf(request, pod)),
    codeMounts(site, pod),
    datasetMounts(pod),
    scratch(request, pod),
    sharedMemory(pod),
    claims(pod),
  ];
  const mounts = parts.flatMap((part) => part.mounts);
  const volumes = parts.flatMap((part) => part.volumes);
  assertApart(mounts);
  // What replicas brought themselves is on the node already.
  if (replicas !== null) return { volumes, mounts, copies: [] };
  const { model, dataset } = podDirectoryOf(request, pod);
  const local = localCopies(mounts, { model, dataset }, pod);
  return { volumes: [...volumes, ...local.volumes], mounts: local.mounts, copies: local.copies };
}

/** Where replicas put what they bring: as scratch space of their own, if the spec asks for some, else on the node. */
function roomOf(request: JobRequest, pod: PodPlan): Readonly<Record<string, unknown>> {
  const own = pod.scratch.kind === 'node' || (pod.scratch.kind === 'generated' && !pod.scratch.keep);
  return own ? scratchSource(request, pod) : { emptyDir: {} };
}

function workspaceMounts(request: JobRequest, site: ClusterSite, pod: PodPlan, claim: string | null): Mounted {
  if (claim === null) {
    throw new TrainyardError('TY_INTERNAL', 'a site has neither a claim nor a way for replicas to do without', {
      where: 'workspace of the site',
    });
  }
  const { directories, plan } = request;
  const paths = podDirectoryOf(request, pod);
  const at = (mountPath: string, directory: string, readOnly: boolean): VolumeMount => ({
    name: WORKSPACE,
    mountPath,
    subPath: subPathOf(site, directory),
    ...(readOnly ? { readOnly } : {}),
  });
  const dataset = pod.dataset.kind === 'workspace' ? directories.dataset : null;
  const steps = plan.roles.flatMap((role) => role.steps);
  const usesAssets = steps.some((step) => step.argv.some((argument) => argument.includes('{assets}')));
  return {
    volumes: [{ name: WORKSPACE, persistentVolumeClaim: { claimName: claim } }],
    mounts: [
      ...(pod.code.kind === 'workspace' ? [at(paths.code, directories.code, true)] : []),
      ...(sharesCheckout(request, pod) ? [] : [at(paths.model, directories.model, true)]),
      ...(dataset !== null && paths.dataset !== null ? [at(paths.dataset, dataset, true)] : []),
      at(paths.output, directories.output, false),
      at(paths.package, directories.package, false),
      at(paths.metricsFile, directories.metricsFile, false),
      ...(usesAssets ? [at(paths.assets, directories.assets, true)] : []),
    ],
  };
}

/** Where in the claim a directory lies that the worker knows by its own path. */
function subPathOf(site: ClusterSite, directory: string): string {
  const root = site.workspace.root.replace(/\/+$/, '');
  const inside = directory.startsWith(`${root}/`) ? directory.slice(root.length + 1) : null;
  if (inside === null || inside.split('/').some((part) => part === '..' || part === '')) {
    throw new TrainyardError('TY_BACKEND_DIRECTORY', `${directory} is not in the workspace ${root}`, {
      where: `claim ${site.workspace.claim}`,
    });
  }
  return site.workspace.subPath === '' ? inside : `${site.workspace.subPath}/${inside}`;
}

function codeMounts(site: ClusterSite, pod: PodPlan): Mounted {
  const { code } = pod;
  if (code.kind === 'workspace' || code.kind === 'image') return { volumes: [], mounts: [] };
  const mounts = [{ name: 'code', mountPath: POD_PATHS.code, readOnly: true }];
  if (code.kind === 'configMap') return { volumes: [{ name: 'code', configMap: { name: code.name } }], mounts };
  if (!site.hostPathAllowed) {
    throw new TrainyardError('TY_BACKEND_POLICY', 'the site does not let pods see folders of the node', {
      where: 'code.hostPath',
      fix: 'use code.repo, code.configMap or code.image',
    });
  }
  return { volumes: [{ name: 'code', hostPath: { path: code.path, type: 'Directory' } }], mounts };
}

function datasetMounts(pod: PodPlan): Mounted {
  const { dataset } = pod;
  if (dataset.kind !== 'claim') return { volumes: [], mounts: [] };
  const mount = {
    name: 'dataset',
    mountPath: pod.datasetPath ?? POD_PATHS.dataset,
    ...(dataset.subPath === null ? {} : { subPath: dataset.subPath }),
    readOnly: true,
  };
  return { volumes: [{ name: 'dataset', persistentVolumeClaim: { claimName: dataset.claim } }], mounts: [mount] };
}

/** Name of the one claim a job's replicas keep their scratch files in. */
const scratchClaimName = (request: JobRequest): string => `${request.name}-scratch`;

function scratch(request: JobRequest, pod: PodPlan): Mounted {
  return {
    volumes: [{ name: 'scratch', ...scratchSource(request, pod) }],
    mounts: [{ name: 'scratch', mountPath: POD_PATHS.scratch }],
  };
}

function scratchSource(request: JobRequest, { scratch: plan }: PodPlan): Readonly<Record<string, unknown>> {
  if (plan.kind === 'node') return { emptyDir: plan.bytes === null ? {} : { sizeLimit: String(plan.bytes) } };
  if (plan.kind === 'claim') return { persistentVolumeClaim: { claimName: plan.claim } };
  if (plan.keep) return { persistentVolumeClaim: { claimName: scratchClaimName(request) } };
  const template = { metadata: { labels: jobLabels(request) }, spec: claimSpec(plan, 'ReadWriteOnce') };
  return { ephemeral: { volumeClaimTemplate: template } };
}

function claimSpec(plan: { readonly bytes: number; readonly storageClass: string | null }, accessMode: string) {
  return {
    accessModes: [accessMode],
    ...(plan.storageClass === null ? {} : { storageClassName: plan.storageClass }),
    resources: { requests: { storage: String(plan.bytes) } },
  };
}

/** Claims a job needs besides itself, to be created before it. */
export function jobClaims(request: JobRequest, site: ClusterSite, pod: PodPlan): readonly KubeObject[] {
  const plan = pod.scratch;
  if (plan.kind !== 'generated' || !plan.keep) return [];
  const shared = request.plan.roles.reduce((sum, role) => sum + role.replicas, 0) > 1;
  const metadata = jobMetadata(request, site.namespace, scratchClaimName(request));
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...metadata, labels: { ...metadata.labels, [KUBE_LABELS.keep]: 'true' } },
      spec: claimSpec(plan, shared ? 'ReadWriteMany' : 'ReadWriteOnce'),
    },
  ];
}

function sharedMemory(pod: PodPlan): Mounted {
  if (pod.sharedMemoryBytes === null) return { volumes: [], mounts: [] };
  return {
    volumes: [{ name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: String(pod.sharedMemoryBytes) } }],
    mounts: [{ name: 'shared-memory', mountPath: '/dev/shm' }],
  };
}

function claims(pod: PodPlan): Mounted {
  const names = [...new Set(pod.volumes.map((volume) => volume.claim))];
  const nameOf = (claim: string): string => `claim-${names.indexOf(claim)}`;
  return {
    volumes: names.map((claim) => ({ name: nameOf(claim), persistentVolumeClaim: { claimName: claim } })),
    mounts: pod.volumes.map((volume) => ({
      name: nameOf(volume.claim),
      mountPath: volume.mountPath,
      ...(volume.subPath === null ? {} : { subPath: volume.subPath }),
      ...(volume.readOnly ? { readOnly: true } : {}),
    })),
  };
}

function assertApart(mounts: readonly VolumeMount[]): void {
  const seen = new Set<string>();
  for (const { mountPath } of mounts) {
    const path = mountPath.replace(/\/+$/, '');
    if (!path.startsWith('/') || path.includes(':') || path.split('/').includes('..')) {
      throw new TrainyardError('TY_BACKEND_UNSUPPORTED', `nothing can be mounted at ${mountPath}`, {
        where: 'compute.volumes',
      });
    }
    if (seen.has(path)) {
      throw new TrainyardError('TY_BACKEND_UNSUPPORTED', `two volumes are mounted at ${path}`, {
        where: 'compute.volumes',
        fix: 'mount it elsewhere',
      });
    }
    seen.add(path);
  }
}
