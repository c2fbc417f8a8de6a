import { KUBE_ANNOTATIONS, KUBE_LABELS } from '../../domain/cluster-job.ts';
import type { KubeObject } from '../../domain/cluster-job.ts';
import type { JobPlan } from '../../domain/job.ts';
import { at, listAt, textAt } from '../../domain/json.ts';
import type { KubeApi } from './api.ts';
import { collectionPath } from './paths.ts';

/** A pod of a run that runs now. */
export interface RunningPod {
  readonly pod: string;
  readonly job: string;
  readonly role: string;
  /** In its role. */
  readonly index: number;
  /** The container of the step that runs. */
  readonly container: string;
}

/** Where the frameworks say which replica a pod is; PaddleCloud says it in a name. */
const INDEX_KEYS = ['batch.kubernetes.io/job-completion-index', 'volcano.sh/task-index'] as const;
/** Containers of a rank by name; a mesh puts its own beside them. */
const STEPS = ['train', 'package', 'layout', 'evaluate', 'node'];
const PADDLE_KEY = 'paddle-res-name';

const PODS = { group: '', version: 'v1', resource: 'pods' };

/**
 * The pods of a run in which a container runs.
 * @throws KubeFailure
 */
export async function runningPods(api: KubeApi, namespace: string, runId: string): Promise<readonly RunningPod[]> {
  // Cut as a label is; the annotation tells those apart that only differ behind that.
  const label = runId.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '');
  const query = { labelSelector: `${KUBE_LABELS.run}=${label}` };
  const answer = await api.send('GET', collectionPath(PODS, namespace), { query });
  return (listAt(answer, 'items') as readonly KubeObject[])
    .filter((pod) => textAt(pod, 'metadata', 'annotations', KUBE_ANNOTATIONS.runId) === runId)
    .flatMap((pod) => runningPod(pod) ?? []);
}

/** The rank of a pod across its job: behind the replicas of the roles before its own. */
export function rankOf({ role, index }: Pick<RunningPod, 'role' | 'index'>, { roles }: Pick<JobPlan, 'roles'>): number {
  const own = roles.findIndex((one) => one.name === role);
  return roles.slice(0, Math.max(0, own)).reduce((sum, one) => sum + one.replicas, 0) + index;
}

function runningPod(pod: KubeObject): RunningPod | null {
  const { name, labels = {} } = pod.metadata;
  const running = [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')]
    .filter((status) => at(status, 'state', 'running') !== undefined)
    .flatMap((status) => textAt(status, 'name') ?? []);
  const container = running.find((one) => STEPS.includes(one)) ?? running[0];
  const job = labels[KUBE_LABELS.job];
  const role = labels[KUBE_LABELS.role];
  const index = indexOf(pod);
  if (container === undefined || job === undefined || role === undefined || index === null) return null;
  return { pod: name, job, role, index, container };
}

function indexOf(pod: KubeObject): number | null {
  const { name, labels = {}, annotations = {} } = pod.metadata;
  const said = INDEX_KEYS.flatMap((key) => annotations[key] ?? labels[key] ?? []).at(0);
  const last = /-(\d{1,6})$/.exec(labels[PADDLE_KEY] ?? name)?.[1];
  const text = said ?? (labels[PADDLE_KEY] === undefined ? undefined : last);
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : null;
}
