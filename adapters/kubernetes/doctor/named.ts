import { conditionsOf, textAt } from '../../../domain/json.ts';
import type { ClusterBackendKind } from '../../../domain/pod-plan.ts';
import type { KubeApi } from '../api.ts';
import type { SiteDiscovery } from '../discovery.ts';
import { KubeFailure } from '../failure.ts';
import { missing, ok, warn } from './finding.ts';
import type { SiteFinding } from './finding.ts';

/** What of a spec is looked for by name. `null` = not named. */
export interface NamedThings {
  readonly namespace: string;
  readonly queue: string | null;
  readonly runtime: string | null;
}

/** `undefined` = there is none, `null` = it may not be read. */
async function read(api: KubeApi, path: string): Promise<unknown> {
  try {
    return await api.send('GET', path);
  } catch (error) {
    if (!(error instanceof KubeFailure)) throw error;
    return error.status === 404 ? undefined : null;
  }
}

/** The queue that jobs of the backend go to: open, closed, or not there. Nothing where it may not be read. */
export async function queueFindings(
  api: KubeApi,
  backend: ClusterBackendKind | null,
  found: SiteDiscovery,
  named: NamedThings,
): Promise<readonly SiteFinding[]> {
  if (backend === 'volcano') return await volcanoQueue(api, named.queue ?? 'default');
  if (named.queue === null || backend === 'paddlejob' || backend === null) return [];
  if (found.kueue === null) return [missing('queue', `${named.queue}: no Kueue on the cluster`, 'leave out --queue')];
  return await localQueue(api, found.kueue, named.namespace, named.queue);
}

async function volcanoQueue(api: KubeApi, name: string): Promise<readonly SiteFinding[]> {
  const queue = await read(api, `/apis/scheduling.volcano.sh/v1beta1/queues/${encodeURIComponent(name)}`);
  if (queue === null) return [];
  if (queue === undefined)
    return [missing('queue', `there is no queue "${name}"`, 'kubectl get queues.scheduling.volcano.sh')];
  const state = textAt(queue, 'status', 'state') ?? 'Unknown';
  if (state === 'Open') return [ok('queue', `${name}, open`)];
  return [
    missing('queue', `${name} is ${state}: jobs are refused`, `kubectl describe queues.scheduling.volcano.sh ${name}`),
  ];
}

async function localQueue(
  api: KubeApi,
  version: string,
  namespace: string,
  name: string,
): Promise<readonly SiteFinding[]> {
  const path = `/apis/kueue.x-k8s.io/${version}/namespaces/${encodeURIComponent(namespace)}/localqueues`;
  const queue = await read(api, `${path}/${encodeURIComponent(name)}`);
  if (queue === null) return [];
  const look = `kubectl -n ${namespace} get localqueues.kueue.x-k8s.io`;
  if (queue === undefined) return [missing('queue', `there is no LocalQueue "${name}" in ${namespace}`, look)];
  const active = conditionsOf(queue).find(({ type }) => type === 'Active');
  if (active?.status === 'False') return [missing('queue', `${name} is not active: ${active.message ?? '?'}`, look)];
  return [ok('queue', `${name}, active`)];
}

/** The training runtime that a spec names: of the cluster, or of the namespace. */
export async function runtimeFindings(api: KubeApi, named: NamedThings): Promise<readonly SiteFinding[]> {
  const { runtime, namespace } = named;
  if (runtime === null) return [];
  const root = '/apis/trainer.kubeflow.org/v1alpha1';
  const name = encodeURIComponent(runtime);
  const own = await read(api, `${root}/namespaces/${encodeURIComponent(namespace)}/trainingruntimes/${name}`);
  if (own !== undefined && own !== null) return [ok('runtime', `TrainingRuntime ${runtime} in ${namespace}`)];
  const shared = await read(api, `${root}/clustertrainingruntimes/${name}`);
  if (shared === null) {
    const fix = `trainyard rbac -n ${namespace} --cluster-role --apply`;
    return [warn('runtime', `not in ${namespace}, and ClusterTrainingRuntimes may not be read`, fix)];
  }
  if (shared !== undefined) return [ok('runtime', `ClusterTrainingRuntime ${runtime}`)];
  const fix = 'kubectl get clustertrainingruntimes; or leave backend.runtime out';
  return [missing('runtime', `there is no training runtime "${runtime}"`, fix)];
}
