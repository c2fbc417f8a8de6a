import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeApi } from '../../adapters/kubernetes/api.ts';
import type { KubeApi } from '../../adapters/kubernetes/api.ts';
import { discoverSite } from '../../adapters/kubernetes/discovery.ts';
import { createKubernetesJobs } from '../../adapters/kubernetes/jobs.ts';
import type { KubernetesJobsOptions } from '../../adapters/kubernetes/jobs.ts';
import { kubernetesJobBackendOptions } from '../../backends/kubernetes-job/options.ts';
import { paddlejobBackendOptions } from '../../backends/paddlejob/options.ts';
import { trainjobBackendOptions } from '../../backends/trainjob/options.ts';
import { volcanoBackendOptions } from '../../backends/volcano/options.ts';
import type { ClusterSite } from '../../domain/cluster-job.ts';
import type { JobRequest } from '../../domain/job.ts';
import type { ClusterBackendKind, PodPlan, RoleTerms } from '../../domain/pod-plan.ts';
import type { Jobs } from '../../ports/jobs.ts';
import { CLUSTER_BACKENDS } from '../../worker/site-ports.ts';
import { podPlan } from '../support/cluster-job.ts';
import { jobRequest } from '../support/job-request.ts';
import type { JobRequestOptions } from '../support/job-request.ts';
import { base32 } from '../../domain/names.ts';
import { addClaim } from './claims.ts';
import type { Cluster } from './cluster.ts';
import { ON_LOCAL_NODE } from './local-node.ts';
import { addNamespace, removeNamespace } from './namespaces.ts';

/** Pods that really run, and pods that are only played. */
const PLACES = {
  local: { nodeSelector: ON_LOCAL_NODE.nodeSelector, tolerations: ON_LOCAL_NODE.tolerations },
  played: { nodeSelector: { kwok: 'played' }, tolerations: [] },
} as const;

export interface KubeRequestOptions extends Omit<JobRequestOptions, 'root'> {
  readonly pod?: Partial<PodPlan>;
  readonly terms?: Readonly<Record<string, RoleTerms>>;
  readonly on?: keyof typeof PLACES;
  readonly backend?: Readonly<Record<string, unknown>>;
  readonly keepFailedSeconds?: number;
  readonly queuedSeconds?: number;
}

export interface KubeSiteOptions extends Partial<KubernetesJobsOptions> {
  /** Left out, the cluster's own. */
  readonly kubeconfig?: string;
  readonly hostPathAllowed?: boolean;
}

/** A namespace with a workspace claim, in which jobs of one backend run; nothing of it is left afterwards. */
export interface KubeSite {
  readonly root: string;
  readonly namespace: string;
  readonly api: KubeApi;
  readonly site: ClusterSite;
  readonly jobs: Jobs;
  /** As after a restart of the worker. */
  another(over?: Partial<KubernetesJobsOptions>): Jobs;
  /** What played pods do that are made from now on, as `PLAY` annotations. */
  play(annotations: Readonly<Record<string, string>>): void;
  /** A request under a name of its own. */
  request(options?: KubeRequestOptions): JobRequest;
  log(request: JobRequest, rank: number): string;
  close(): Promise<void>;
}

const OPTIONS = {
  'kubernetes-job': kubernetesJobBackendOptions,
  volcano: volcanoBackendOptions,
  trainjob: trainjobBackendOptions,
  paddlejob: paddlejobBackendOptions,
} as const;

/** Quick enough for tests; what they stand for is minutes. */
const TIMES = { missing: 500, peers: 1000, scan: 200, sweep: 1000, create: 500 };

export async function openKubeSite(
  cluster: Cluster,
  kind: ClusterBackendKind,
  { kubeconfig, hostPathAllowed = false, times, ...over }: KubeSiteOptions = {},
): Promise<KubeSite> {
  const namespace = await addNamespace(cluster.rest, 'site');
  const root = mkdtempSync(join(tmpdir(), 'trainyard-site-'));
  chmodSync(root, 0o755);
  for (const folder of ['code', 'dataset', 'assets']) mkdirSync(join(root, folder));
  await addClaim(cluster.rest, { namespace, name: 'workspace', folder: root });
  const api = await createKubeApi({ kubeconfig: kubeconfig ?? cluster.kubeconfig, context: null });
  let played: Readonly<Record<string, string>> = {};
  const site: ClusterSite = {
    namespace,
    workspace: { claim: 'workspace', root, subPath: '' },
    runAs: { user: 1000, group: 1000 },
    profiles: {},
    serviceAccounts: [],
    hostPathAllowed,
    get pods() {
      return { annotations: played, nodeSelector: {}, tolerations: [] };
    },
    dialects: await discoverSite(api),
  };
  const open = (more: Partial<KubernetesJobsOptions> = {}): Jobs =>
    createKubernetesJobs({
      api,
      name: 'test',
      site,
      backends: CLUSTER_BACKENDS,
      ...over,
      ...more,
      times: { ...TIMES, ...times, ...more.times },
    });
  const jobs = open();
  const requests: JobRequest[] = [];
  return {
    root,
    namespace,
    api,
    site,
    jobs,
    another: open,
    play(annotations) {
      played = annotations;
    },
    request(options = {}) {
      const { pod, terms = {}, on = 'local', backend = {}, keepFailedSeconds, queuedSeconds, ...plain } = options;
      const name = options.name ?? `job-${base32(randomBytes(5), 8)}-t1`;
      const request = jobRequest({ ...plain, name, root });
      const cluster_ = {
        kind,
        options: {
          pod: podPlan({ ...PLACES[on], sharedMemoryBytes: null, ...pod }),
          roles: terms,
          backend: OPTIONS[kind].parse({ kind, ...backend }),
        },
      };
      const { queuedSeconds: _none, ...deadlines } = request.plan.deadlines;
      const whole: JobRequest = {
        ...request,
        directories: { ...request.directories, model: request.directories.code },
        plan: {
          ...request.plan,
          deadlines: queuedSeconds === undefined ? deadlines : { ...deadlines, queuedSeconds },
          ...(keepFailedSeconds === undefined ? {} : { keepFailedSeconds }),
          cluster: cluster_,
        },
      };
      requests.push(whole);
      return whole;
    },
    log: (request, rank) =>
      readFileSync(join(request.directories.logs, `${request.plan.roles[0]?.name ?? ''}-${rank}.log`), 'utf8'),
    async close() {
      for (const { name } of requests) await jobs.cancel(name, 1);
      await removeNamespace(cluster.rest, namespace);
      api.close();
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
