import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS } from '../../domain/errors.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { openKubeSite } from '../cluster-support/kube-site.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await sharedCluster();
}, CLUSTER_START_MS);
afterAll(() => cluster.stop());

describe('a backend that is not installed on the cluster', () => {
  it.each<[ClusterBackendKind, RegExp]>([
    ['volcano', /jobs\.batch\.volcano\.sh/],
    ['trainjob', /trainjobs\.trainer\.kubeflow\.org|Trainer/],
    ['paddlejob', /paddlejobs\.batch\.paddlepaddle\.org/],
  ])('%s is named, before a job and after', async (kind, name) => {
    const site = await openKubeSite(cluster, kind);
    try {
      const request = site.request({ role: { replicas: 2 } });
      for (const tries of [() => site.jobs.preflight('plain', [request.plan]), () => site.jobs.submit(request)]) {
        const refused: unknown = await tries().then(
          () => null,
          (error: unknown) => error,
        );
        expect(refused).toMatchObject({ code: 'TY_BACKEND_MISSING', message: expect.stringMatching(name) });
      }
      expect(ERRORS.TY_BACKEND_MISSING.fix.en).toContain('trainyard doctor --backend');
      expect(ERRORS.TY_BACKEND_MISSING.fate).toBe('never');
      expect(await site.jobs.active()).toEqual([]);
    } finally {
      await site.close();
    }
  });
});
