import { createObjects, isJob } from '../../adapters/kubernetes/create.ts';
import { expect } from 'vitest';
import type { JobRequest } from '../../domain/job.ts';
import type { Jobs } from '../../ports/jobs.ts';
import { CLUSTER_BACKENDS } from '../../worker/site-ports.ts';
import { running, statusWhen } from '../contract/jobs.contract.ts';
import type { Cluster } from './cluster.ts';
import type { LeastSite } from './least-privilege.ts';
import { labelledIn } from './leftovers.ts';
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

/** What carries the label of the job, as `resource name`, besides what is kept. */
export function leftOf({ cluster, site }: Stage, request: JobRequest): Promise<readonly string[]> {
  return labelledIn(cluster.rest, site.namespace, request.name);
}

/** A folder of this machine for the first claim of that class. */
export async function addVolume(cluster: Cluster, storageClassName: string, path: string): Promise<void> {
  const spec = { accessModes: ['ReadWriteOnce', 'ReadWriteMany'], capacity: { storage: '1Gi' }, hostPath: { path } };
  const metadata = { name: storageClassName };
  const volume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata, spec: { ...spec, storageClassName } };
  await apply(cluster.rest, [volume]);
}

/** Runs a job that goes on, stops it, lets it go on and ends it; where it cannot be stopped, that is refused. */
export async function suspendAndResume(jobs: Jobs, request: JobRequest, can: boolean): Promise<void> {
  const { name } = request;
  await jobs.submit(request);
  await running(jobs, name, 90);
  const suspending = jobs.suspend(name, { suspended: true, by: 'lin' });
  if (can) {
    await suspending;
    await statusWhen(jobs, name, ({ reason }) => reason === 'suspended by lin', 60);
    await jobs.suspend(name, { suspended: false, by: 'lin' });
    await running(jobs, name, 90);
  } else {
    await expect(suspending).rejects.toMatchObject({ code: 'TY_BACKEND_SUSPEND' });
  }
  await jobs.cancel(name, 1);
}
