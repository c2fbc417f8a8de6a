import type { ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobPlan } from '../../domain/job.ts';
import { listAt, textAt } from '../../domain/json.ts';
import type { ReplicaStorage } from '../../domain/replica-plan.ts';
import type { KubeApi } from './api.ts';
import { isGone, KubeFailure } from './failure.ts';
import { objectPath } from './paths.ts';
import { refusalOf } from './refusal.ts';

export interface StorageQuestion {
  readonly api: KubeApi;
  readonly site: ClusterSite;
  readonly name: string;
}

/**
 * Everything pods will mount of the site's own: the shared claim, or the Secrets and the claim by which replicas do
 * without one.
 * @throws TrainyardError `TY_SITE_CLAIM`, `TY_SITE_SECRET`, `TY_CLUSTER_*`
 */
export async function requireStorage(at: StorageQuestion, plans: readonly JobPlan[]): Promise<void> {
  const { claim, replicas = null } = at.site.workspace;
  if (replicas === null) return await requireShared(at, claim ?? '');
  for (const secret of secretsOf(replicas)) await requireSecret(at, secret);
  if (replicas.handover.kind === 'claim') await requireHandover(at, replicas.handover.claim, plans);
}

/** Secrets that pods of such a site mount. */
export function secretsOf({ credentials, handover }: ReplicaStorage): readonly string[] {
  return [...(credentials === null ? [] : [credentials]), ...(handover.kind === 's3' ? [handover.secret] : [])];
}

async function requireShared(at: StorageQuestion, claim: string): Promise<void> {
  const { modes, refuse } = await readClaim(at, claim);
  if (modes.includes('ReadWriteMany')) return;
  throw refuse(`the claim ${claim} cannot be shared`, `its access modes are ${modes.join(', ') || 'none'}`);
}

/** The worker mounts it as well, and all replicas of a role are alike: each mounts it, though one only writes. */
async function requireHandover(at: StorageQuestion, claim: string, plans: readonly JobPlan[]): Promise<void> {
  const { modes, refuse } = await readClaim(at, claim);
  if (modes.includes('ReadWriteMany')) return;
  const replicas = plans.flatMap((plan) => plan.roles.map((role) => role.replicas));
  if (modes.includes('ReadWriteOnce') && replicas.every((count) => count === 1)) return;
  throw refuse(
    `the claim ${claim} cannot be mounted by all pods of the job`,
    `its access modes are ${modes.join(', ') || 'none'}, and pods of one role all mount it: use ReadWriteMany, one replica, or handover.s3`,
  );
}

interface ReadClaim {
  readonly modes: readonly unknown[];
  refuse(message: string, why: string): TrainyardError;
}

async function readClaim({ api, site, name }: StorageQuestion, claim: string): Promise<ReadClaim> {
  const where = `site ${name}: claim ${claim} in namespace ${site.namespace}`;
  const refuse = (message: string, why: string): TrainyardError =>
    new TrainyardError('TY_SITE_CLAIM', message, { where, why });
  const kind = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
  let found: unknown;
  try {
    found = await api.send('GET', objectPath(kind, site.namespace, claim));
  } catch (error) {
    if (isGone(error)) throw refuse(`the claim ${claim} does not exist`, String(error));
    throw refusalOf(error, named('PersistentVolumeClaim', claim, site));
  }
  // Some classes bind with the first pod.
  if (textAt(found, 'status', 'phase') === 'Lost')
    throw refuse(`the claim ${claim} has lost its volume`, 'its phase is Lost');
  return { modes: listAt(found, 'spec', 'accessModes'), refuse };
}

/** Asks only for what is about the Secret. An account that may not look cannot tell: the pods will. */
async function requireSecret({ api, site, name }: StorageQuestion, secret: string): Promise<void> {
  const kind = { group: '', version: 'v1', resource: 'secrets' };
  const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
  try {
    await api.send('GET', objectPath(kind, site.namespace, secret), { accept });
  } catch (error) {
    if (error instanceof KubeFailure && error.status === 403) return;
    if (!isGone(error)) throw refusalOf(error, named('Secret', secret, site));
    throw new TrainyardError('TY_SITE_SECRET', `there is no Secret "${secret}"`, {
      where: `site ${name}, namespace ${site.namespace}`,
      why: 'pods of this site mount it',
    });
  }
}

function named(kind: string, name: string, { namespace }: ClusterSite): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace } };
}
