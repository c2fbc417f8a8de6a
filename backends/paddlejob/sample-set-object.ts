import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import type { ClusterJobOptions } from '../../domain/pod-plan.ts';
import { KUBE_LABELS } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest } from '../../domain/job.ts';
import { jobMetadata } from '../shared/labels.ts';
import { POD_PATHS } from '../shared/pod-command.ts';
import type { PodTemplate } from '../shared/pod-template.ts';
import type { PaddlejobBackendOptions } from './options.ts';

type SampleSetOptions = NonNullable<PaddlejobBackendOptions['sampleSet']>;

const VOLUME_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** `sampleSetRef` of a PaddleJob. */
export interface SampleSetRef {
  readonly name: string;
  readonly namespace: string;
  readonly mountPath: string;
}

/**
 * The operator reads the sample set in the namespace that is named, and mounts the claim of that name in the job's:
 * they must be one.
 * @throws TrainyardError `TY_BACKEND_UNSUPPORTED`
 */
export function sampleSetRef(
  site: ClusterSite,
  options: ClusterJobOptions<PaddlejobBackendOptions>,
): SampleSetRef | null {
  const { sampleSet } = options.backend;
  const { dataset } = options.pod;
  if (dataset.kind !== 'mounted') {
    if (sampleSet === undefined) return null;
    throw unsupported('the dataset is no sample set', 'backend.sampleSet', 'name the sample set in dataset.sampleSet');
  }
  const { name } = dataset;
  const namespace = sampleSet?.namespace ?? site.namespace;
  if (!VOLUME_NAME.test(name)) {
    throw new TrainyardError('TY_BACKEND_NAME', `no sample set can be called ${JSON.stringify(name)}`, {
      where: 'dataset.sampleSet',
      why: 'the pods have a volume of its name: at most 63 lower-case letters, digits and "-"',
    });
  }
  if (namespace !== site.namespace) {
    throw unsupported(
      `the sample set ${name} is in the namespace ${namespace}, the job in ${site.namespace}`,
      'backend.sampleSet.namespace',
      `make it in ${site.namespace}: a job mounts sample sets of its own namespace only`,
    );
  }
  return { name, namespace, mountPath: options.pod.datasetPath ?? POD_PATHS.dataset };
}

/** The operator adds a volume named like the sample set; a pod with two volumes of one name never comes. */
export function assertMountable(template: PodTemplate, reference: SampleSetRef): void {
  const { name, mountPath } = reference;
  if (template.spec.volumes.some((volume) => volume.name === name)) {
    throw new TrainyardError('TY_BACKEND_NAME', `no sample set can be called ${name}: the pods have a volume ${name}`, {
      where: 'dataset.sampleSet',
      fix: 'give the sample set another name',
    });
  }
  const [container] = template.spec.containers;
  const taken = container.volumeMounts.map((mount) => withoutEnd(mount.mountPath));
  if (taken.includes(withoutEnd(mountPath))) {
    throw unsupported(`two volumes are mounted at ${mountPath}`, 'dataset.mountPath', 'mount the dataset elsewhere');
  }
}

/** The sample set to make, if there is none of that name; none, if it is only to be adopted. */
export function newSampleSet(
  request: JobRequest,
  site: ClusterSite,
  name: string,
  sampleSet: SampleSetOptions,
  workers: number,
): readonly KubeObject[] {
  const { create, keep } = sampleSet;
  if (create === undefined) return [];
  const partitions = create.partitions ?? workers;
  if (partitions < workers) {
    throw unsupported(
      `a sample set of ${partitions} partitions cannot serve ${workers} workers`,
      'backend.sampleSet.create.partitions',
      `set it to ${workers} or more: each worker reads from the node of its own partition`,
    );
  }
  const metadata = jobMetadata(request, site.namespace, name);
  const labels = { ...metadata.labels, ...(keep ? { [KUBE_LABELS.keep]: 'true' } : {}) };
  const levels = create.cache?.map(({ medium, path, gib }) => ({ mediumType: medium, path, cacheSize: gib * 1024 }));
  return [
    {
      apiVersion: 'batch.paddlepaddle.org/v1alpha1',
      kind: 'SampleSet',
      metadata: { ...metadata, labels },
      spec: {
        partitions,
        source: { uri: create.uri, secretRef: { name: create.secret ?? 'none' } },
        secretRef: { name: create.store },
        ...(create.sync ? {} : { noSync: true }),
        ...(levels === undefined ? {} : { cache: { levels } }),
      },
    },
  ];
}

function withoutEnd(path: string): string {
  return path.replace(/\/+$/, '');
}

function unsupported(message: string, where: string, fix: string): TrainyardError {
  return new TrainyardError('TY_BACKEND_UNSUPPORTED', message, { where, fix });
}
