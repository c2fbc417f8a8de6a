import type { ClusterSite } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobRequest, ProcessStep, RolePlan } from '../../domain/job.ts';
import type { ClusterJobOptions, PodPlan } from '../../domain/pod-plan.ts';
import { podCommand, podDirectoryOf } from './pod-command.ts';
import { podEnvironment } from './pod-environment.ts';
import type { EnvVar } from './pod-environment.ts';
import type { JobNetwork } from './network.ts';
import { jobAnnotations, roleLabels } from './labels.ts';
import { podResources } from './pod-resources.ts';
import type { Resources } from './pod-resources.ts';
import { podVolumes } from './pod-volumes.ts';
import type { Volume, VolumeMount } from './pod-volumes.ts';
import type { LocalCopy } from './pod-local-copies.ts';
import { replicaParts, TELL_END } from './replica-pods.ts';
import type { ReplicaContainer } from './replica-pods.ts';

/** A container as Trainyard renders it: these fields and no others. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: PodPlan['imagePullPolicy'];
  readonly command: readonly string[];
  readonly workingDir: string;
  readonly env: readonly EnvVar[];
  readonly resources: Resources;
  readonly volumeMounts: readonly VolumeMount[];
  readonly securityContext: Readonly<Record<string, unknown>>;
}

export interface PodSpec {
  readonly restartPolicy: 'Never';
  /** The first runs the last step. */
  readonly containers: readonly [Container, ...Container[]];
  readonly volumes: readonly Volume[];
  readonly [field: string]: unknown;
}

export interface PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: PodSpec;
}

/** What a template is made of. */
export interface TemplateInput {
  readonly request: JobRequest;
  readonly site: ClusterSite;
  readonly options: ClusterJobOptions<unknown>;
  readonly role: RolePlan;
  readonly network: JobNetwork;
  /** Name of the main container; left out, that of the last step. */
  readonly container?: string;
}

/** The pod plan of a role: the job's, with what the role has of its own. */
export function rolePod(options: ClusterJobOptions<unknown>, role: RolePlan): PodPlan {
  return { ...options.pod, ...options.roles[role.name]?.pod };
}

/**
 * The pods of a role. Every step but the last is an init container, so that steps follow each other without a shell
 * and each keeps its own exit code and times.
 * @throws TrainyardError `TY_BACKEND_*` for what the site does not allow or a pod cannot hold
 */
export function podTemplate(input: TemplateInput): PodTemplate {
  const { request, options, role } = input;
  const pod = rolePod(options, role);
  const { volumes, mounts, copies } = podVolumes(request, input.site, pod);
  const replica = replicaParts(request, input.site, options, pod, role);
  const containers = role.steps.map((step, index) => {
    const last = index === role.steps.length - 1;
    const end = last && replica?.handOver ? TELL_END : null;
    return container(input, pod, step, { mounts, end, name: last ? (input.container ?? step.name) : step.name });
  });
  const main = containers.at(-1);
  if (main === undefined) throw new TypeError(`the role ${role.name} has no step`);
  const first = containers.slice(0, -1);
  if (first.length > 0 && role.replicas > 1) {
    throw new TrainyardError('TY_BACKEND_UNSUPPORTED', 'steps after training run in one replica only', {
      where: `role ${role.name}: ${role.replicas} replicas, steps ${role.steps.map((step) => step.name).join(', ')}`,
      fix: 'package in a job of its own',
    });
  }
  const before = [
    ...(replica === null ? [] : [own(replica.prepare)]),
    ...copies.map((copy) => copying(copy, main)),
    ...first,
  ];
  return {
    metadata: {
      labels: roleLabels(request, role),
      annotations: { ...input.site.pods?.annotations, ...jobAnnotations(request), ...replica?.annotations },
    },
    spec: {
      restartPolicy: 'Never',
      ...(before.length > 0 ? { initContainers: before } : {}),
      containers: [main, ...(replica?.handOver ? [own(replica.handOver)] : [])],
      volumes,
      ...security(input.site, pod),
      ...placement(input.site, pod),
      // Variables of every Service of the namespace would otherwise reach the training program.
      enableServiceLinks: false,
      terminationGracePeriodSeconds: request.plan.graceSeconds,
    },
  };
}

/** A container of Trainyard's own, with no more rights than the others. */
function own(container: ReplicaContainer): Container {
  return { ...container, securityContext: UNPRIVILEGED };
}

/** The image of the job has `cp`, and is on the node already. */
function copying(copy: LocalCopy, main: Container): Container {
  const { image, imagePullPolicy, resources } = main;
  const { limits = {}, requests = limits } = resources;
  const plain = (amounts: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(amounts).filter(([name]) => name === 'cpu' || name === 'memory'));
  return {
    ...copy,
    image,
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    workingDir: '/',
    env: [],
    resources: { limits: plain(limits), requests: plain(requests) },
    securityContext: UNPRIVILEGED,
  };
}

interface StepContainer {
  readonly mounts: readonly VolumeMount[];
  readonly name: string;
  /** See `podCommand`. */
  readonly end: string | null;
}

const UNPRIVILEGED = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } as const;

function container(
  input: TemplateInput,
  pod: PodPlan,
  step: ProcessStep,
  { mounts: volumeMounts, name, end }: StepContainer,
): Container {
  const { request, role, network } = input;
  const directories = podDirectoryOf(request, pod);
  return {
    name,
    image: pod.image,
    ...(pod.imagePullPolicy === null ? {} : { imagePullPolicy: pod.imagePullPolicy }),
    command: podCommand(step, role, directories, network, end),
    workingDir: step.cwd === 'code' ? directories.code : directories.model,
    env: podEnvironment({ request, pod, role, network, directories }),
    resources: podResources(request.plan, pod, input.site.profiles),
    volumeMounts,
    securityContext: UNPRIVILEGED,
  };
}

/** What Pod Security *restricted* asks for. */
function security(site: ClusterSite, pod: PodPlan): Readonly<Record<string, unknown>> {
  const { user, group } = site.runAs;
  const { serviceAccount } = pod;
  if (serviceAccount !== null && !site.serviceAccounts.includes(serviceAccount)) {
    throw new TrainyardError(
      'TY_BACKEND_POLICY',
      `the site does not let jobs use the service account ${serviceAccount}`,
      {
        where: 'compute.serviceAccount',
      },
    );
  }
  return {
    securityContext: {
      runAsNonRoot: user !== 0,
      runAsUser: user,
      runAsGroup: group,
      // A new claim belongs to root; the workspace belongs to the user already and is not to be walked.
      ...(pod.scratch.kind === 'node' && (site.workspace.replicas ?? null) === null
        ? {}
        : { fsGroup: group, fsGroupChangePolicy: 'OnRootMismatch' }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    automountServiceAccountToken: serviceAccount !== null,
    ...(serviceAccount === null ? {} : { serviceAccountName: serviceAccount }),
  };
}

function placement(site: ClusterSite, pod: PodPlan): Readonly<Record<string, unknown>> {
  const nodeSelector = { ...site.pods?.nodeSelector, ...pod.nodeSelector };
  const tolerations = [...(site.pods?.tolerations ?? []), ...pod.tolerations];
  return {
    ...(pod.imagePullSecrets.length > 0 ? { imagePullSecrets: pod.imagePullSecrets.map((name) => ({ name })) } : {}),
    ...(Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {}),
    ...(tolerations.length > 0 ? { tolerations: tolerations.map(withoutUndefined) } : {}),
    ...(pod.affinity === null ? {} : { affinity: pod.affinity }),
  };
}

function withoutUndefined(value: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}
