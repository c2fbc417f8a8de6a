import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeApi } from '../../adapters/kubernetes/api.ts';
import { requireStorage } from '../../adapters/kubernetes/storage-check.ts';
import { addClaim } from '../cluster-support/claims.ts';
import type { Cluster } from '../cluster-support/cluster.ts';
import { openClusterWorld, trainsDigits } from '../cluster-support/digits.ts';
import type { ClusterWorld } from '../cluster-support/digits.ts';
import { leastKubeconfig } from '../cluster-support/least-privilege.ts';
import { claimFolder, replicaStorage } from '../cluster-support/replica-storage.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';
import { clusterSite } from '../support/cluster-job.ts';

describe('a site whose pods share no claim with the worker', () => {
  let cluster: Cluster;
  let on: ClusterWorld;
  let handedOver = '';

  beforeAll(async () => {
    cluster = await sharedCluster();
    on = await openClusterWorld(cluster, {
      kubeconfig: (namespace) => leastKubeconfig(cluster, namespace),
      storage: async (at) => {
        handedOver = claimFolder(join(at.world.folder, 'handover'));
        await addClaim(cluster.rest, { namespace: at.namespace, name: 'handover', folder: handedOver });
        return await replicaStorage(at, { claim: { name: 'handover', root: handedOver } });
      },
    });
  }, CLUSTER_START_MS);

  afterAll(async () => {
    await on?.close();
    await cluster.stop();
  });

  it('trains on two replicas that fetch for themselves, and gives a model on the output branch', async () => {
    await trainsDigits(cluster, on, { kind: 'kubernetes-job' });
  });

  it('has the output and the package in the workspace of the worker, and nothing left in the claim', () => {
    const [run = ''] = readdirSync(join(on.workspace, 'runs'));
    expect(readdirSync(join(on.workspace, 'runs', run, 'output'))).not.toEqual([]);
    expect(existsSync(join(on.workspace, 'runs', run, 'package', 'metrics.json'))).toBe(true);
    expect(existsSync(join(on.workspace, 'checkouts'))).toBe(false);
    expect(readdirSync(join(handedOver, 'runs'))).toEqual([]);
  });

  it('is looked over before a run: a Secret that is there, and one that is not', async () => {
    const git = { allow: [], insecureTls: [], lowSpeed: { bytesPerSecond: 1, seconds: 2 } };
    const handover = { kind: 'claim', claim: 'handover' } as const;
    const check = async (credentials: string): Promise<void> => {
      const api = await createKubeApi({ kubeconfig: cluster.kubeconfig, context: null });
      const replicas = { image: 'x', command: ['trainyard'], credentials, git, handover };
      const workspace = { claim: null, root: on.workspace, subPath: '', replicas };
      const site = clusterSite({ namespace: on.namespace, workspace });
      await requireStorage({ api, site, name: 'test' }, []).finally(() => api.close());
    };
    await expect(check('trainyard-git')).resolves.toBeUndefined();
    await expect(check('nobody-made')).rejects.toMatchObject({ code: 'TY_SITE_SECRET' });
  });

  it('wrote no secret into the workspace or the claim', () => {
    const files = [on.workspace, handedOver].flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
    );
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      expect(readFileSync(join(file.parentPath, file.name)).includes('digits-secret-token')).toBe(false);
    }
  });
});
