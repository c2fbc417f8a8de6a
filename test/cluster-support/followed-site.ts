import type { JobRequest, JobStatus } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Watch } from '../../ports/jobs.ts';
import { statusWhen } from '../contract/jobs.contract.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { openKubeSite } from './kube-site.ts';
import type { KubeSite, KubeSiteOptions } from './kube-site.ts';

/** A site whose jobs are watched and waited for, as a worker does. */
export interface FollowedSite extends KubeSite {
  /** Every end that was told, in order. */
  readonly ends: readonly JobStatus[];
  /** Everything that was told of a job before its end, as `<phase>: <reason>`. */
  readonly progress: readonly string[];
  /** Submits it and waits for it. */
  start(request: JobRequest): Promise<void>;
  /** The end that was told of it; one only. */
  end(request: JobRequest, seconds?: number): Promise<JobStatus>;
  /** The status once it holds. */
  when(request: JobRequest, holds: (status: JobStatus) => boolean, seconds?: number): Promise<JobStatus>;
  /** What the janitor has the worker do that watches. */
  sweep(): Promise<readonly string[]>;
  /** Stops the watch, and begins another as a new worker would. */
  newWorker(): Promise<void>;
}

/** Ends everything on its own; `times` and `graces` of tests. */
export async function followSite(
  cluster: Cluster,
  kind: ClusterBackendKind,
  options: KubeSiteOptions = {},
): Promise<FollowedSite> {
  const graces = { imagePull: 2000, configMissing: 2000, lostNode: 2000 };
  const site = await openKubeSite(cluster, kind, { graces, ...options });
  const ends: JobStatus[] = [];
  const progress: string[] = [];
  const watch = async (): Promise<Watch & Pick<FollowedSite, 'sweep'>> => {
    const worker = site.another();
    const { stop } = await worker.watch(
      (status) => void ends.push(status),
      ({ phase, reason }) => void progress.push(`${phase}: ${reason ?? ''}`),
    );
    return { stop, sweep: () => worker.sweep() };
  };
  let watching = await watch();
  return {
    ...site,
    ends,
    progress,
    async start(request) {
      await site.jobs.submit(request);
      await site.jobs.expect(request.name, { workflowId: request.runId, runId: 'run', activityId: request.name });
    },
    async end(request, seconds = 30) {
      const find = (): JobStatus | undefined => ends.find(({ name }) => name === request.name);
      const told = await eventually(`the end of ${request.name}`, seconds, find).catch((error: unknown) => {
        throw new Error(`${String(error)}; told was ${progress.join(' | ')}`, { cause: error });
      });
      if (ends.filter(({ name }) => name === request.name).length > 1) throw new Error('its end was told twice');
      return told;
    },
    when: (request, holds, seconds = 20) => statusWhen(site.jobs, request.name, holds, seconds),
    sweep: () => watching.sweep(),
    async newWorker() {
      await watching.stop();
      watching = await watch();
    },
    async close() {
      await watching.stop();
      await site.close();
    },
  };
}
