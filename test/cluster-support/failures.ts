import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobRequest } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import type { FailureCase, FailureStage } from './failure-case.ts';
import { FAILURES_AT_START } from './failures-at-start.ts';
import { FAILURES_AT_WORK } from './failures-at-work.ts';
import { FAILURES_OF_ADMISSION } from './failures-of-admission.ts';
import { followSite } from './followed-site.ts';
import type { FollowedSite } from './followed-site.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';

const FAILURES = { ...FAILURES_AT_START, ...FAILURES_AT_WORK, ...FAILURES_OF_ADMISSION };

/** What a backend needs besides, and the failures that it cannot show. */
export interface FailureOptions {
  readonly except?: readonly (keyof typeof FAILURES)[];
  /** Of every job, for instance a runtime to name. */
  readonly backend?: Readonly<Record<string, unknown>>;
}

/** Each failure of a job on a cluster, with the cause, the budget and the state it has to lead to. */
export function describeFailures(kind: ClusterBackendKind, { except = [], backend = {} }: FailureOptions = {}): void {
  let cluster: Cluster;
  let site: FollowedSite;
  beforeAll(async () => {
    cluster = await sharedCluster();
  }, CLUSTER_START_MS);
  afterAll(() => cluster.stop());
  beforeEach(async () => {
    site = await followSite(cluster, kind, { hostPathAllowed: true });
  });
  afterEach(() => site.close());

  const stage = (): FailureStage => ({ kind, cluster, site, ...lookingAt(site, backend) });
  describe(`on ${kind}, a failure`, () => {
    for (const [name, [title, run]] of Object.entries<FailureCase>(FAILURES)) {
      if (!except.some((one) => one === name)) it(title, () => run(stage()), 120_000);
    }
  });
}

function lookingAt(
  site: FollowedSite,
  backend: Readonly<Record<string, unknown>>,
): Pick<FailureStage, 'request' | 'fails' | 'waits'> {
  return {
    request: (options = {}): JobRequest =>
      site.request({ ...options, graceSeconds: 1, backend: { ...backend, ...options.backend } }),
    async fails(job, cause, message) {
      const status = await site.end(job, 60);
      expect(status).toMatchObject({ phase: 'failed', reason: null, cause });
      expect(status.cause?.message).toMatch(message);
      return status;
    },
    async waits(job, phase, reason) {
      const status = await site.when(job, (one) => one.phase === phase && reason.test(one.reason ?? ''), 40);
      expect(status.cause).toBeNull();
      await eventually('it is told', 20, () => site.progress.some((one) => one.startsWith(phase) && reason.test(one)));
    },
  };
}
