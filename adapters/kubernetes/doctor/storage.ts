import type { KubeApi } from '../api.ts';
import { KubeFailure } from '../failure.ts';
import { claimFinding } from './claim.ts';
import { missing, ok, warn } from './finding.ts';
import type { SiteFinding } from './finding.ts';

/** What pods of a site without a shared claim mount. */
export interface StorageMounts {
  readonly secrets: readonly string[];
  /** Claim that holds what is handed over; `null` = it is an object store. */
  readonly claim: string | null;
}

/** Whether everything that pods mount of the site is there. */
export async function storageFindings(
  api: KubeApi,
  namespace: string,
  workspace: { readonly claim: string | null; readonly mounts?: StorageMounts },
): Promise<readonly SiteFinding[]> {
  const { claim, mounts = { secrets: [], claim: null } } = workspace;
  if (claim !== null) return [await claimFinding(api, namespace, claim)];
  const secrets = await Promise.all(mounts.secrets.map((name) => secretFinding(api, namespace, name)));
  return mounts.claim === null ? secrets : [...secrets, await claimFinding(api, namespace, mounts.claim)];
}

/** Asks only for what is about it: nothing of what it holds is read. */
async function secretFinding(api: KubeApi, namespace: string, name: string): Promise<SiteFinding> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
  const fix = `kubectl -n ${namespace} create secret generic ${name} --from-file=…`;
  try {
    await api.send('GET', path, { accept });
    return ok('secret', name);
  } catch (error) {
    if (!(error instanceof KubeFailure)) throw error;
    if (error.status === 404) return missing('secret', `there is no Secret "${name}" in ${namespace}`, fix);
    return warn('secret', `${name} may not be looked for`, `kubectl -n ${namespace} get secret ${name}`);
  }
}
