import { tmpdir } from 'node:os';
import process from 'node:process';
import { createKubeApi } from '../../adapters/kubernetes/api.ts';
import type { KubeApi } from '../../adapters/kubernetes/api.ts';
import { siteFindings } from '../../adapters/kubernetes/doctor/site-doctor.ts';
import type { SiteFinding } from '../../adapters/kubernetes/doctor/finding.ts';
import { applyAccess } from '../../adapters/kubernetes/rbac/apply.ts';
import { accessObjects } from '../../adapters/kubernetes/rbac/objects.ts';
import { CLUSTER_RULES, NAMESPACE_RULES, rulesFor } from '../../adapters/kubernetes/rbac/rules.ts';
import type { AccessRule } from '../../adapters/kubernetes/rbac/rules.ts';
import { CLUSTER_BACKENDS } from '../../domain/pod-plan.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Jobs } from '../../ports/jobs.ts';
import { restAs } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { openKubeSite } from './kube-site.ts';
import type { KubeSite } from './kube-site.ts';
import { apply } from './objects.ts';
import { recordedApi } from './recorded-api.ts';
import type { SeenRequest } from './recorded-api.ts';
import type { Rest } from './rest.ts';

/** The service account of a worker with the rights of the table. */
export const WORKER_ACCOUNT = 'worker';
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

/** A site whose worker has the rights of the table for one backend, and no others. */
export interface LeastSite {
  readonly admin: KubeSite;
  readonly namespace: string;
  readonly api: KubeApi;
  readonly token: string;
  /** Everything the worker has asked for. */
  readonly seen: SeenRequest[];
  /** A worker with these rights. */
  another(): Jobs;
  doctor(named: { readonly queue?: string; readonly runtime?: string }): Promise<readonly SiteFinding[]>;
  /** By the worker's token, past the adapter. */
  rest(): Rest;
  close(): Promise<void>;
}

export async function openLeastSite(
  cluster: Cluster,
  backend: ClusterBackendKind,
  clusterRole: boolean,
): Promise<LeastSite> {
  const admin = await openKubeSite(cluster, backend);
  const { namespace } = admin;
  const token = await grantLeast(cluster, namespace, [backend], clusterRole);
  const connect = () => createKubeApi({ kubeconfig: cluster.kubeconfigFor({ token }), context: null });
  const seen: SeenRequest[] = [];
  const api = recordedApi(await connect(), seen);
  return {
    admin,
    namespace,
    api,
    token,
    seen,
    another: () => admin.another({ api }),
    doctor: async ({ queue = null, runtime = null }) =>
      await siteFindings(async () => recordedApi(await connect(), seen), {
        namespace,
        workspace: { root: tmpdir(), claim: 'workspace' },
        runAs: { user: process.getuid?.() ?? 0, group: 0 },
        minFree: 0,
        backend,
        queue,
        runtime,
      }),
    rest: () => restAs(cluster, token),
    async close() {
      api.close();
      await admin.close();
      await cluster.rest.send('DELETE', `${BINDINGS}/trainyard-read-${namespace}-${WORKER_ACCOUNT}`);
    },
  };
}

/** Makes a service account with the rights of the table. Returns its token. */
export async function grantLeast(
  cluster: Cluster,
  namespace: string,
  backends: readonly ClusterBackendKind[],
  clusterRole: boolean,
): Promise<string> {
  await apply(cluster.rest, [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: WORKER_ACCOUNT, namespace } },
  ]);
  const api = await createKubeApi({ kubeconfig: cluster.kubeconfig, context: null });
  try {
    await applyAccess(
      api,
      accessObjects({ namespace, serviceAccount: WORKER_ACCOUNT, backends, clusterRole, exec: false }),
    );
  } finally {
    api.close();
  }
  return await cluster.serviceAccountToken(namespace, WORKER_ACCOUNT);
}

/** What a worker of the backend may do, as `verb resource.group`; the ClusterRole is one for all. */
export function grantedRights(backend: ClusterBackendKind): ReadonlySet<string> {
  return new Set([...rulesFor(NAMESPACE_RULES, [backend]), ...CLUSTER_RULES].flatMap(rightsOf));
}

/** What a worker of the backend would lack something without. */
export function neededRights(backend: ClusterBackendKind): ReadonlySet<string> {
  return new Set([...rulesFor(NAMESPACE_RULES, [backend]), ...rulesFor(CLUSTER_RULES, [backend])].flatMap(rightsOf));
}

const rightsOf = ({ group, resources, verbs }: AccessRule): readonly string[] =>
  resources.flatMap((resource) => verbs.map((verb) => rightOf({ verb, group, resource })));

export function rightOf({ verb, group, resource }: Pick<SeenRequest, 'verb' | 'group' | 'resource'>): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

/** The kubeconfig of a worker with the rights of the table for all backends, and none on the cluster. */
export async function leastKubeconfig(cluster: Cluster, namespace: string): Promise<string> {
  return cluster.kubeconfigFor({ token: await grantLeast(cluster, namespace, CLUSTER_BACKENDS, false) });
}

/** Whoever may list can also get: the ways of reading are one right. */
export function readsAsOne(right: string): string {
  return right.replace(/^(?:get|list|watch) /, 'read ');
}

export function rightsUsed(seen: readonly SeenRequest[]): ReadonlySet<string> {
  return new Set(seen.filter(({ forbidden }) => !forbidden).map(rightOf));
}

/** What was asked for and refused. */
export function rightsLacked(seen: readonly SeenRequest[]): readonly string[] {
  return [...new Set(seen.filter(({ forbidden }) => forbidden).map(rightOf))].toSorted();
}
