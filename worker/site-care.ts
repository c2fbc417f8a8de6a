import { createKubeApi } from '../adapters/kubernetes/api.ts';
import { siteFindings } from '../adapters/kubernetes/doctor/site-doctor.ts';
import type { SiteFinding } from '../adapters/kubernetes/doctor/finding.ts';
import type { StorageMounts } from '../adapters/kubernetes/doctor/storage.ts';
import { applyAccess } from '../adapters/kubernetes/rbac/apply.ts';
import { accessObjects, accessYaml } from '../adapters/kubernetes/rbac/objects.ts';
import type { AccessRequest } from '../adapters/kubernetes/rbac/objects.ts';
import { toReport } from '../domain/errors.ts';
import type { ClusterBackendKind } from '../domain/pod-plan.ts';
import type { Settings } from '../spec/settings.ts';
import { siteOf } from '../spec/site-settings.ts';
import type { SiteWorkspace } from '../spec/site-workspace.ts';
import { openStore } from './handover.ts';

/** Which site `doctor` looks at, and for what. */
export interface SiteWish {
  /** `null` = the only one there is. */
  readonly site: string | null;
  readonly backend: ClusterBackendKind | null;
  readonly queue: string | null;
  readonly runtime: string | null;
}

/** Rights to be given, and the cluster they are given on: with the operator's own kubeconfig, not the site's. */
export interface AccessWish extends AccessRequest {
  /** Context of the operator's kubeconfig; `null` = its current one. */
  readonly kubeContext: string | null;
}

/** @throws TrainyardError `TY_SPEC_SITE` */
export async function siteDoctor(settings: Settings, wish: SiteWish): Promise<readonly SiteFinding[]> {
  const backend = { kind: wish.backend ?? 'kubernetes-job', ...(wish.site === null ? {} : { site: wish.site }) };
  const { settings: site } = siteOf({ backend }, settings.sites);
  if (site === null) return [];
  const { namespace, workspace, runAs } = site;
  const found = await siteFindings(() => createKubeApi(site), {
    namespace,
    workspace: { ...workspace, mounts: mountsOf(workspace) },
    runAs,
    minFree: settings.minFree,
    backend: wish.backend,
    queue: wish.queue,
    runtime: wish.runtime,
  });
  return [...found, ...(await handoverFindings(workspace))];
}

/** Whether this worker can leave something where pods leave their output, and take it again. */
async function handoverFindings({ replicas }: SiteWorkspace): Promise<readonly SiteFinding[]> {
  if (replicas === null) return [];
  const store = openStore(replicas.handover, replicas.handoverFolder);
  try {
    await store.check();
    return [{ name: 'handover', state: 'ok', found: store.name, fix: null }];
  } catch (error) {
    const { message, why, fix } = toReport(error);
    return [{ name: 'handover', state: 'missing', found: `${message}: ${why ?? ''}`, fix: fix ?? null }];
  }
}

function mountsOf({ replicas }: SiteWorkspace): StorageMounts {
  if (replicas === null) return { secrets: [], claim: null };
  const { credentials, handover } = replicas;
  const store = handover.kind === 's3' ? [handover.secret] : [];
  return {
    secrets: [...(credentials === null ? [] : [credentials]), ...store],
    claim: handover.kind === 'claim' ? handover.claim : null,
  };
}

export { accessYaml as siteAccess };

/** @throws TrainyardError `TY_CLUSTER_*` */
export async function grantSiteAccess(wish: AccessWish): Promise<readonly string[]> {
  const api = await createKubeApi({ kubeconfig: null, context: wish.kubeContext });
  try {
    return await applyAccess(api, accessObjects(wish));
  } finally {
    api.close();
  }
}
