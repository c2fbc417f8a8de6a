import { KUBE_ANNOTATIONS } from '../../domain/cluster-job.ts';
import type { ClusterSite } from '../../domain/cluster-job.ts';
import type { JobRequest, RolePlan } from '../../domain/job.ts';
import type { ClusterJobOptions, PodPlan } from '../../domain/pod-plan.ts';
import { END_FILES, REPLICA_FOLDERS, REPLICA_PATHS, REPLICA_PLAN_FILE } from '../../domain/replica-plan.ts';
import type { ReplicaFetch, ReplicaPlan, ReplicaStorage } from '../../domain/replica-plan.ts';
import { offsetOf } from './network.ts';
import { podDirectoryOf, POD_PATHS, sharesCheckout } from './pod-command.ts';
import type { Volume, VolumeMount } from './pod-volumes.ts';

const VOLUMES = {
  workspace: 'workspace',
  plan: 'trainyard-plan',
  credentials: 'trainyard-credentials',
  store: 'trainyard-store',
  private: 'trainyard-private',
} as const;

/** Readable for the pod's group, which is the one it runs as. */
const SECRET_MODE = 0o440;

/** Trainyard's program moves files; it does not compute. */
const RESOURCES = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2', memory: '1Gi' } } as const;

const FOLDER = REPLICA_FOLDERS;

/** Containers of Trainyard's own beside those of the job. */
export const REPLICA_CONTAINERS = { prepare: 'prepare', handOver: 'hand-over' } as const;

export interface ReplicaContainer {
  readonly name: (typeof REPLICA_CONTAINERS)[keyof typeof REPLICA_CONTAINERS];
  readonly image: string;
  readonly command: readonly string[];
  readonly workingDir: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly resources: typeof RESOURCES;
  readonly volumeMounts: readonly VolumeMount[];
}

/** What pods of a site without a shared claim have besides their steps. */
export interface ReplicaParts {
  readonly annotations: Readonly<Record<string, string>>;
  /** Brings the files before the first step. */
  readonly prepare: ReplicaContainer;
  /** Takes away what the last step left; `null` = this role leaves nothing. */
  readonly handOver: ReplicaContainer | null;
}

/** `null` = the pods share the workspace. */
export function replicaParts(
  request: JobRequest,
  site: ClusterSite,
  options: ClusterJobOptions<unknown>,
  pod: PodPlan,
  role: RolePlan,
): ReplicaParts | null {
  const storage = site.workspace.replicas ?? null;
  if (storage === null) return null;
  const plan = replicaPlan(request, pod, storage);
  const rank = String(offsetOf(request, role));
  const hands = handingRole(request, options) === role;
  return {
    annotations: { [KUBE_ANNOTATIONS.replica]: JSON.stringify(plan) },
    prepare: ownContainer(storage, REPLICA_CONTAINERS.prepare, []),
    handOver: hands ? ownContainer(storage, REPLICA_CONTAINERS.handOver, ['--rank', rank]) : null,
  };
}

/** The role whose first replica hands over: the main one, else `worker`, else the first. */
function handingRole(request: JobRequest, options: ClusterJobOptions<unknown>): RolePlan | undefined {
  const { roles } = request.plan;
  const main = roles.find((role) => options.roles[role.name]?.main === true);
  return main ?? roles.find((role) => role.name === 'worker') ?? roles[0];
}

function replicaPlan(request: JobRequest, pod: PodPlan, storage: ReplicaStorage): ReplicaPlan {
  const { sources, directories, plan } = request;
  const own = pod.code.kind === 'workspace';
  const shares = sharesCheckout(request, pod);
  const packages = plan.purpose === 'package';
  const fetch: ReplicaFetch[] = [];
  const bring = (what: ReplicaFetch['what'], into: string, wanted: boolean): void => {
    const pin = sources?.[what] ?? null;
    if (pin !== null && wanted) fetch.push({ what, into, pin });
  };
  bring('model', shares ? FOLDER.code : FOLDER.model, true);
  bring('code', FOLDER.code, own);
  bring('dataset', FOLDER.dataset, pod.dataset.kind === 'workspace');
  const modelFolder = directories.modelFile.slice(directories.package.length + 1).replace(/\/?[^/]+$/, '');
  const made = packages ? [`${FOLDER.package}/${modelFolder}`] : [FOLDER.package];
  return {
    schema: 1,
    runId: request.runId,
    job: request.name,
    fetch,
    requiredFiles: own ? (sources?.requiredFiles ?? []) : [],
    trained: sources?.trained ?? null,
    folders: [FOLDER.code, FOLDER.model, FOLDER.dataset, FOLDER.output, ...made, FOLDER.metrics, FOLDER.end],
    git: storage.git,
    handover: storage.handover,
    leaves: [packages ? FOLDER.package : FOLDER.output, FOLDER.metrics],
  };
}

function ownContainer(
  storage: ReplicaStorage,
  name: ReplicaContainer['name'],
  more: readonly string[],
): ReplicaContainer {
  const { image, command, credentials } = storage;
  const prepares = name === REPLICA_CONTAINERS.prepare;
  const plan = `${REPLICA_PATHS.plan}/${REPLICA_PLAN_FILE}`;
  const mount = (volume: string, mountPath: string, readOnly: boolean): VolumeMount => ({
    name: volume,
    mountPath,
    ...(readOnly ? { readOnly } : {}),
  });
  return {
    name,
    image,
    command: [...command, 'replica', name, '--plan', plan, ...more],
    workingDir: '/',
    env: [{ name: 'HOME', value: REPLICA_PATHS.private }],
    resources: RESOURCES,
    volumeMounts: [
      mount(VOLUMES.workspace, REPLICA_PATHS.volume, false),
      mount(VOLUMES.plan, REPLICA_PATHS.plan, true),
      mount(VOLUMES.private, REPLICA_PATHS.private, false),
      mount(VOLUMES.store, REPLICA_PATHS.store, prepares && storage.handover.kind === 's3'),
      ...(prepares && credentials !== null ? [mount(VOLUMES.credentials, REPLICA_PATHS.credentials, true)] : []),
    ],
  };
}

/** Volumes of such a pod, and where its steps see what lies in them: nothing of the secrets. */
export function replicaVolumes(
  request: JobRequest,
  storage: ReplicaStorage,
  pod: PodPlan,
  room: Readonly<Record<string, unknown>>,
): { readonly volumes: readonly Volume[]; readonly mounts: readonly VolumeMount[] } {
  const { handover, credentials } = storage;
  const secret = (name: string, secretName: string): Volume => ({
    name,
    secret: { secretName, defaultMode: SECRET_MODE },
  });
  const items = [
    { path: REPLICA_PLAN_FILE, fieldRef: { fieldPath: `metadata.annotations['${KUBE_ANNOTATIONS.replica}']` } },
  ];
  return {
    volumes: [
      { name: VOLUMES.workspace, ...room },
      { name: VOLUMES.plan, downwardAPI: { items } },
      { name: VOLUMES.private, emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
      handover.kind === 's3'
        ? secret(VOLUMES.store, handover.secret)
        : { name: VOLUMES.store, persistentVolumeClaim: { claimName: handover.claim } },
      ...(credentials === null ? [] : [secret(VOLUMES.credentials, credentials)]),
    ],
    mounts: stepMounts(request, pod),
  };
}

function stepMounts(request: JobRequest, pod: PodPlan): readonly VolumeMount[] {
  const paths = podDirectoryOf(request, pod);
  const at = (mountPath: string, subPath: string, readOnly = false): VolumeMount => ({
    name: VOLUMES.workspace,
    mountPath,
    subPath,
    ...(readOnly ? { readOnly } : {}),
  });
  const steps = request.plan.roles.flatMap((role) => role.steps);
  const usesAssets = steps.some((step) => step.argv.some((argument) => argument.includes('{assets}')));
  const dataset = pod.dataset.kind === 'workspace' && request.directories.dataset !== null ? paths.dataset : null;
  return [
    ...(pod.code.kind === 'workspace' ? [at(paths.code, FOLDER.code, true)] : []),
    ...(sharesCheckout(request, pod) ? [] : [at(paths.model, FOLDER.model, true)]),
    ...(dataset === null ? [] : [at(dataset, FOLDER.dataset, true)]),
    at(paths.output, FOLDER.output),
    at(paths.package, FOLDER.package),
    at(POD_PATHS.metrics.replace(/\/[^/]+$/, ''), FOLDER.metrics),
    ...(usesAssets ? [at(paths.assets, FOLDER.assets, true)] : []),
    at(REPLICA_PATHS.end, FOLDER.end),
  ];
}

/**
 * Runs the program and tells how it ended. The pipe is open as long as this shell lives, so that a container which is
 * killed as a whole is known to be gone; the exit code is the program's own, and a signal that asks it to end reaches it.
 * Its variables have names that no environment of a user's has.
 */
export const TELL_END = [
  `ty_at=${REPLICA_PATHS.end}`,
  `exec 9<>"$ty_at/${END_FILES.alive}"`,
  `: > "$ty_at/${END_FILES.started}"`,
  `ty_child=`,
  `trap 'test -z "$ty_child" || kill -TERM "$ty_child"' TERM`,
  `"$@" 9<&- & ty_child=$!`,
  `wait "$ty_child"`,
  `ty_code=$?`,
  `while kill -0 "$ty_child" 2>/dev/null`,
  `do wait "$ty_child"`,
  `ty_code=$?`,
  `done`,
  `printf '%s %s\\n' "$ty_code" "\${PET_NODE_RANK:-0}" > "$ty_at/${END_FILES.ended}"`,
  `exit "$ty_code"`,
].join('; ');
