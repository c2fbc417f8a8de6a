import type { ActivityDeps } from '../activities/deps.ts';
import { createKubeApi } from '../adapters/kubernetes/api.ts';
import { discoverSite } from '../adapters/kubernetes/discovery.ts';
import { createKubernetesJobs } from '../adapters/kubernetes/jobs.ts';
import { kubernetesJobBackend } from '../backends/kubernetes-job/backend.ts';
import { paddlejobBackend } from '../backends/paddlejob/backend.ts';
import { trainjobBackend } from '../backends/trainjob/backend.ts';
import { volcanoBackend } from '../backends/volcano/backend.ts';
import type { ClusterBackend, ClusterSite } from '../domain/cluster-job.ts';
import type { ClusterBackendKind } from '../domain/pod-plan.ts';
import type { Settings } from '../spec/settings.ts';
import type { SiteSettings } from '../spec/site-settings.ts';
import { createHandover, openStore } from './handover.ts';
import type { Logger } from './logger.ts';
import { createPorts, localDeps } from './ports.ts';

/** How often a cluster is asked what is installed on it. */
const DISCOVER_MS = 60_000;

/** The pure halves by kind. Each reads the options that its own schema has checked. */
export const CLUSTER_BACKENDS: Readonly<Record<ClusterBackendKind, ClusterBackend>> = {
  'kubernetes-job': kubernetesJobBackend as ClusterBackend,
  volcano: volcanoBackend as ClusterBackend,
  trainjob: trainjobBackend as ClusterBackend,
  paddlejob: paddlejobBackend as ClusterBackend,
};

/** What activities need on a cluster's site. */
export interface SitePorts {
  readonly deps: ActivityDeps;
  close(): void;
}

/** A site of the settings as backends see it; what its cluster has is asked for anew each time. */
export function placeOf(
  site: SiteSettings,
  git: Settings['git'],
  dialects: () => ClusterSite['dialects'],
): ClusterSite {
  const { root, claim, subPath, replicas } = site.workspace;
  return {
    namespace: site.namespace,
    workspace: { root, claim, subPath, replicas: replicas === null ? null : { ...replicas, git } },
    runAs: site.runAs,
    profiles: site.profiles,
    pods: site.pods,
    serviceAccounts: site.serviceAccounts,
    hostPathAllowed: site.hostPath,
    get dialects() {
      const { trainer, kueue, podGroups } = dialects();
      return { trainer, kueue, podGroups };
    },
  };
}

/** Only where pods do not see the workspace. */
function handoverOf({ workspace: { replicas } }: SiteSettings): Pick<ActivityDeps, 'handover'> {
  if (replicas === null) return {};
  return { handover: createHandover(openStore(replicas.handover, replicas.handoverFolder)) };
}

interface SiteWanted {
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
  readonly name: string;
  readonly site: SiteSettings;
  readonly logger: Logger;
  readonly unsignedDecisions: boolean;
}

/** Adapters for one cluster. Throws when its API server cannot be asked what it has. */
export async function createSitePorts({
  settings,
  env,
  name,
  site,
  logger,
  unsignedDecisions,
}: SiteWanted): Promise<SitePorts> {
  const ports = createPorts({ ...settings, workspace: site.workspace.root }, env);
  const api = await createKubeApi(site);
  let found = await discoverSite(api);
  const asking = setInterval(() => {
    discoverSite(api).then(
      (now) => {
        found = now;
      },
      (error: unknown) => logger.warn({ site: name, why: String(error) }, 'the cluster does not say what it has'),
    );
  }, DISCOVER_MS);
  asking.unref();
  // What is installed later is found without a restart.
  const place = placeOf(site, settings.git, () => found);
  const jobs = createKubernetesJobs({
    api,
    name,
    site: place,
    backends: CLUSTER_BACKENDS,
    gpus: site.gpuMetrics,
    note: (text) => logger.warn({ site: name }, text),
  });
  return {
    deps: {
      ...localDeps(ports, settings, unsignedDecisions),
      jobs,
      site: name,
      taskQueue: site.taskQueue,
      ...handoverOf(site),
    },
    close() {
      clearInterval(asking);
      api.close();
    },
  };
}
