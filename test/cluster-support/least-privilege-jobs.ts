import { createObjects, isJob } from '../../adapters/kubernetes/create.ts';
import type { JobRequest } from '../../domain/job.ts';
import { CLUSTER_BACKENDS } from '../../worker/site-ports.ts';
import type { Cluster } from './cluster.ts';
import type { LeastSite } from './least-privilege.ts';
import { apply } from './objects.ts';

export interface Stage {
  readonly site: LeastSite;
  readonly cluster: Cluster;
}

/** As a worker leaves it that dies before it has made the job itself. */
export async function makeHalf({ site }: Stage, request: JobRequest): Promise<void> {
  const { cluster } = request.plan;
  if (cluster === undefined) return;
  const backend = CLUSTER_BACKENDS[cluster.kind];
  const objects = backend.render(request, site.admin.site, cluster.options);
  const half = objects.filter((object) => !isJob(backend, request, object));
  const creation = { api: site.admin.api, site: site.admin.site, backend, request, objects: half };
  await createObjects(creation).catch(() => undefined);
}

export function ownPath({ site }: Stage, { plan }: JobRequest): string {
  const [own] = CLUSTER_BACKENDS[plan.cluster?.kind ?? 'kubernetes-job'].watched;
  return `/apis/${own?.group ?? ''}/${own?.version ?? ''}/namespaces/${site.namespace}/${own?.resource ?? ''}`;
}

/** What carries the label of the job, as `Kind name`, besides what is kept. */
export async function leftOf({ cluster, site }: Stage, request: JobRequest): Promise<readonly string[]> {
  const kinds = [
    ownPath({ cluster, site }, request),
    ...['pods', 'services', 'configmaps', 'persistentvolumeclaims'].map(
      (plural) => `/api/v1/namespaces/${site.namespace}/${plural}`,
    ),
  ];
  const selector = encodeURIComponent(`trainyard.dev/job=${request.name},!trainyard.dev/keep`);
  const lists = await Promise.all(
    kinds.map(async (path) => {
      const { items } = await cluster.rest.want<{ items: readonly { metadata: { name: string } }[] }>(
        'GET',
        `${path}?labelSelector=${selector}`,
      );
      return items.map(({ metadata }) => `${path.split('/').at(-1) ?? ''} ${metadata.name}`);
    }),
  );
  return lists.flat();
}

/** A folder of this machine for the first claim of that class. */
export async function addVolume(cluster: Cluster, storageClassName: string, path: string): Promise<void> {
  const spec = { accessModes: ['ReadWriteOnce', 'ReadWriteMany'], capacity: { storage: '1Gi' }, hostPath: { path } };
  const metadata = { name: storageClassName };
  const volume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata, spec: { ...spec, storageClassName } };
  await apply(cluster.rest, [volume]);
}
