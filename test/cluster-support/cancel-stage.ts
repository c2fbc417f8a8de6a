import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JobRequest } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Cluster } from './cluster.ts';
import { SIMPLE } from './failure-case.ts';
import { followSite } from './followed-site.ts';
import type { FollowedSite } from './followed-site.ts';
import type { KubeRequestOptions } from './kube-site.ts';
import { expectNothingLeft, leftIn } from './leftovers.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';

/** Where a job is cancelled or ends, and what is left of it is looked for. */
export interface CancelStage {
  readonly kind: ClusterBackendKind;
  readonly cluster: Cluster;
  readonly site: FollowedSite;
  request(options?: KubeRequestOptions): JobRequest;
  /** The job is cancelled, is told so, and leaves nothing. */
  cancelled(job: JobRequest): Promise<void>;
  left(): Promise<readonly string[]>;
  /** Nothing is left, nor is a moment later what frameworks made of it. */
  nothingLeft(when: string): Promise<void>;
}

/** The title of what a job is doing, and how it comes to an end. */
export type CancelCase = readonly [title: string, run: (on: CancelStage) => Promise<void>];

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const TWO = { replicas: 2 } as const;

/** A site of its own for each. */
export function describeCases(kind: ClusterBackendKind, cases: readonly CancelCase[]): void {
  let cluster: Cluster;
  let site: FollowedSite;
  beforeAll(async () => {
    cluster = await sharedCluster();
  }, CLUSTER_START_MS);
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    site = await followSite(cluster, kind);
  });
  afterEach(() => site.close());
  for (const [title, run] of cases) it(title, () => run(stageOf(kind, cluster, site)), 120_000);
}

function stageOf(kind: ClusterBackendKind, cluster: Cluster, site: FollowedSite): CancelStage {
  const left = (): Promise<readonly string[]> => leftIn(cluster.rest, site.namespace);
  const nothingLeft = (when: string): Promise<void> => expectNothingLeft(cluster, site.namespace, when);
  return {
    kind,
    cluster,
    site,
    left,
    nothingLeft,
    request: (options = {}) => site.request({ graceSeconds: 1, backend: SIMPLE[kind], ...options }),
    async cancelled(job) {
      await site.jobs.cancel(job.name, 1);
      await nothingLeft('when it is cancelled');
      expect(await site.jobs.read(job.name)).toMatchObject({ phase: 'cancelled', cause: null });
      expect(await site.end(job)).toMatchObject({ phase: 'cancelled' });
    },
  };
}
