import { afterAll, beforeAll } from 'vitest';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { describeJobsContract } from '../contract/jobs.contract.ts';
import type { ContractJob } from '../contract/jobs.contract.ts';
import type { Cluster } from './cluster.ts';
import { openKubeSite } from './kube-site.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';

const SCRIPTS: Record<ContractJob, string> = {
  succeeds: 'exit 0',
  fails: 'echo "KeyError: no such column" >&2; exit 3',
  runs: 'trap "exit 0" TERM; while :; do sleep 0.1; done',
};

/** The contract of `Jobs` on a backend of the ring's cluster, with pods that really run. */
export function describeOnCluster(kind: ClusterBackendKind): void {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await sharedCluster();
  }, CLUSTER_START_MS);
  afterAll(() => cluster.stop());
  describeJobsContract(`the backend ${kind}`, async () => {
    const site = await openKubeSite(cluster, kind);
    return {
      jobs: site.jobs,
      suspends: kind !== 'paddlejob',
      another: () => site.another(),
      request: (job, over = {}) => site.request({ ...over, graceSeconds: 1, argv: ['sh', '-c', SCRIPTS[job]] }),
      close: () => site.close(),
    };
  });
}
