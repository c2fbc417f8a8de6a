import type { ClusterSite } from '../../../domain/cluster-job.ts';
import { textAt } from '../../../domain/json.ts';
import type { ClusterBackendKind } from '../../../domain/pod-plan.ts';
import type { KubeApi } from '../api.ts';
import { discoverSite } from '../discovery.ts';
import { KubeFailure } from '../failure.ts';
import { readServedApis } from '../served-apis.ts';
import { backendFindings } from './backends.ts';
import { missing, ok } from './finding.ts';
import type { SiteFinding } from './finding.ts';
import { folderFindings, realFolder } from './folder.ts';
import type { FolderProbe } from './folder.ts';
import { queueFindings, runtimeFindings } from './named.ts';
import type { NamedThings } from './named.ts';
import { rightsFindings } from './rights.ts';
import { storageFindings } from './storage.ts';
import type { StorageMounts } from './storage.ts';

/** A site to be looked at. */
export interface SiteQuestion extends NamedThings {
  readonly workspace: Pick<ClusterSite['workspace'], 'root' | 'claim'> & {
    /** What pods mount where there is no claim. */
    readonly mounts?: StorageMounts;
  };
  readonly runAs: { readonly user: number; readonly group: number };
  /** Bytes that must stay free in the workspace. */
  readonly minFree: number;
  /** `null` = whatever is installed. */
  readonly backend: ClusterBackendKind | null;
}

const KUBECONFIG_FIX = 'mend kubeconfig and context of the site in the settings; kubectl cluster-info shows the same';

/**
 * Checks everything a site needs: the API server, the namespace, what is installed, the rights, the claim and its mount.
 * What cannot be found out is a finding.
 * @param connect opens the site's kubeconfig
 */
export async function siteFindings(
  connect: () => Promise<KubeApi>,
  question: SiteQuestion,
  folder: FolderProbe = realFolder,
): Promise<readonly SiteFinding[]> {
  const here = await folderFindings(
    {
      root: question.workspace.root,
      claim: question.workspace.claim,
      runAs: question.runAs,
      minFree: question.minFree,
    },
    folder,
  );
  return [...(await clusterFindings(connect, question)), ...here];
}

async function clusterFindings(
  connect: () => Promise<KubeApi>,
  question: SiteQuestion,
): Promise<readonly SiteFinding[]> {
  let api: KubeApi | null = null;
  try {
    api = await connect();
    const server = ok('api server', `${await versionOf(api)} at ${api.server}`);
    return [server, ...(await installedFindings(api, question))];
  } catch (error) {
    const where = api === null ? '' : `${api.server}: `;
    return [missing('api server', where + (error instanceof Error ? error.message : String(error)), KUBECONFIG_FIX)];
  } finally {
    api?.close();
  }
}

async function installedFindings(api: KubeApi, question: SiteQuestion): Promise<readonly SiteFinding[]> {
  const { namespace, backend } = question;
  const apis = await readServedApis(api);
  const found = await discoverSite(api, apis);
  const there = Object.entries(found.backends).flatMap(([kind, is]) => (is ? [kind as ClusterBackendKind] : []));
  const parts = await Promise.all([
    namespaceFindings(api, namespace),
    backendFindings(apis, found, backend),
    rightsFindings(api, apis, { namespace, backends: backend === null ? there : [backend] }),
    storageFindings(api, namespace, question.workspace),
    queueFindings(api, backend, found, question),
    backend === 'trainjob' ? runtimeFindings(api, question) : [],
  ]);
  return parts.flat();
}

async function versionOf(api: KubeApi): Promise<string> {
  return textAt(await api.send('GET', '/version'), 'gitVersion') ?? 'unknown version';
}

async function namespaceFindings(api: KubeApi, namespace: string): Promise<readonly SiteFinding[]> {
  try {
    const found = await api.send('GET', `/api/v1/namespaces/${encodeURIComponent(namespace)}`);
    const level = textAt(found, 'metadata', 'labels', 'pod-security.kubernetes.io/enforce');
    return [ok('namespace', level === null ? namespace : `${namespace}, pod security ${level}`)];
  } catch (error) {
    if (!(error instanceof KubeFailure)) throw error;
    if (error.status !== 404) return [];
    return [missing('namespace', `there is no namespace "${namespace}"`, `kubectl create namespace ${namespace}`)];
  }
}
