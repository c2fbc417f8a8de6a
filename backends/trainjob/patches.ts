import type { ClusterSite } from '../../domain/cluster-job.ts';
import type { JobRequest } from '../../domain/job.ts';
import { jobAnnotations, jobLabels } from '../shared/labels.ts';
import { escapeDollar } from '../shared/pod-command.ts';
import type { Container, PodTemplate } from '../shared/pod-template.ts';
import type { VolumeMount } from '../shared/pod-volumes.ts';
import { unsupported } from './policy.ts';
import { NODE } from './runtime.ts';

type TrainerDialect = NonNullable<ClusterSite['dialects']['trainer']>;

/** Longest list a TrainJob takes of arguments, variables or volumes. */
const LONGEST_LIST = 128;

/** Of the 16 patches of a TrainJob two are left to others, such as Kueue. */
const MOST_PATCHES = 14;

/** Enters the first argument and becomes the rest: a TrainJob cannot say where its command starts. */
const START_IN = 'cd "$1" && shift && exec "$@"';

/** Fields of the pod that each dialect can change; what is not named here stays as the runtime has it. */
const PATCHABLE: Readonly<Record<TrainerDialect, readonly string[]>> = {
  podTemplateOverrides: ['serviceAccountName', 'nodeSelector', 'affinity', 'tolerations', 'imagePullSecrets'],
  runtimePatches: [
    'serviceAccountName',
    'nodeSelector',
    'affinity',
    'tolerations',
    'imagePullSecrets',
    'securityContext',
    'terminationGracePeriodSeconds',
  ],
};

/** The parts of a TrainJob that make an existing runtime run this job. */
export interface ExistingRuntimeParts {
  readonly trainer: Readonly<Record<string, unknown>>;
  /** `podTemplateOverrides` or `runtimePatches`, with the labels around them. */
  readonly patches: Readonly<Record<string, unknown>>;
}

/** @throws TrainyardError `TY_BACKEND_UNSUPPORTED` for what no TrainJob can change in a runtime that exists */
export function onExistingRuntime(
  request: JobRequest,
  template: PodTemplate,
  dialect: TrainerDialect,
): ExistingRuntimeParts {
  const [container] = template.spec.containers;
  assertPatchable(template, container);
  return { trainer: trainerOf(container), patches: patchesOf(request, template, dialect) };
}

function assertPatchable(template: PodTemplate, container: Container): void {
  const fix = 'leave out backend.runtime: Trainyard then makes a runtime of its own';
  if (template.spec['initContainers'] !== undefined) {
    throw unsupported('an existing runtime runs one step, and nothing before it', { where: 'backend.runtime', fix });
  }
  if (container.imagePullPolicy !== undefined) {
    throw unsupported('an existing runtime decides itself when its image is pulled', {
      where: 'compute.imagePullPolicy',
      fix,
    });
  }
  const longest = Math.max(container.command.length + 1, container.env.length, container.volumeMounts.length);
  if (longest > LONGEST_LIST) {
    throw unsupported(`a TrainJob takes at most ${LONGEST_LIST} arguments, variables and mounts`, {
      where: 'recipe, compute.env or compute.volumes',
      fix,
    });
  }
}

function trainerOf(container: Container): Readonly<Record<string, unknown>> {
  const { image, env, resources, workingDir, command } = container;
  return {
    image,
    command: ['sh', '-c', escapeDollar(START_IN), 'sh'],
    // Also keeps the runtime's own arguments from being put behind the command.
    args: [workingDir, ...command],
    env,
    ...(Object.keys(resources).length > 0 ? { resourcesPerNode: resources } : {}),
  };
}

function patchesOf(request: JobRequest, template: PodTemplate, dialect: TrainerDialect): Record<string, unknown> {
  const { metadata } = template;
  const around = { labels: jobLabels(request), annotations: jobAnnotations(request) };
  const rounds = mountRounds(template.spec.containers[0].volumeMounts);
  const pods = rounds.map((mounts, round) => ({ metadata, spec: podPatch(template, dialect, mounts, round === 0) }));
  if (dialect === 'podTemplateOverrides') {
    const targetJobs = [{ name: NODE }];
    return { ...around, podTemplateOverrides: pods.map((pod) => ({ targetJobs, ...pod })) };
  }
  if (pods.length > MOST_PATCHES) {
    throw unsupported(`a claim is mounted ${pods.length} times; a TrainJob takes ${MOST_PATCHES}`, {
      where: 'compute.volumes',
      fix: 'leave out backend.runtime: Trainyard then makes a runtime of its own',
    });
  }
  const runtimePatches = pods.map((pod, round) => {
    const replicatedJobs = [{ name: NODE, template: { metadata, spec: { template: pod } } }];
    const manager = round === 0 ? 'trainyard.dev/run' : `trainyard.dev/mounts-${round}`;
    return { manager, trainingRuntimeSpec: { template: { metadata: around, spec: { replicatedJobs } } } };
  });
  return { runtimePatches };
}

function podPatch(
  template: PodTemplate,
  dialect: TrainerDialect,
  volumeMounts: readonly VolumeMount[],
  first: boolean,
): Readonly<Record<string, unknown>> {
  if (!first) return { containers: [{ name: NODE, volumeMounts }] };
  const { spec } = template;
  const { securityContext } = spec.containers[0];
  const kept = PATCHABLE[dialect].filter((field) => spec[field] !== undefined);
  const container = { name: NODE, volumeMounts, ...(dialect === 'runtimePatches' ? { securityContext } : {}) };
  return {
    ...Object.fromEntries(kept.map((field) => [field, spec[field]])),
    volumes: spec.volumes,
    containers: [container],
  };
}

/**
 * The mounts of one patch are a map by the volume's name, so a volume that is mounted at several paths takes several
 * patches, which Trainer applies one upon the other. Two volumes of one claim would not do: older kubelets never
 * start such a pod.
 */
function mountRounds(mounts: readonly VolumeMount[]): readonly (readonly VolumeMount[])[] {
  const rounds: VolumeMount[][] = [];
  const seen = new Map<string, number>();
  for (const mount of mounts) {
    const round = seen.get(mount.name) ?? 0;
    seen.set(mount.name, round + 1);
    const mountsOfRound = (rounds[round] ??= []);
    mountsOfRound.push(mount);
  }
  return rounds;
}
