import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Cluster } from '../cluster-support/cluster.ts';
import { openKubeSite } from '../cluster-support/kube-site.ts';
import type { KubeSite } from '../cluster-support/kube-site.ts';
import { CLUSTER_START_MS, sharedCluster } from '../cluster-support/shared.ts';

describe('a replica with local copies', () => {
  let cluster: Cluster;
  let site: KubeSite;

  beforeAll(async () => {
    cluster = await sharedCluster();
    site = await openKubeSite(cluster, 'kubernetes-job');
  }, CLUSTER_START_MS);

  afterAll(async () => {
    await site?.close();
    await cluster.stop();
  });

  it("reads model and dataset from its node's disk, and writes its output into the workspace", async () => {
    writeFileSync(join(site.root, 'code', 'weights'), 'of the model');
    writeFileSync(join(site.root, 'dataset', 'a.csv'), 'of the dataset');
    const look = 'cat weights "$TRAINYARD_DATASET_DIR/a.csv"; grep -E " (/code|/dataset) " /proc/self/mountinfo';
    const request = site.request({
      argv: ['sh', '-c', `(${look}) > "$TRAINYARD_OUTPUT_DIR/seen"`],
      pod: { localCopies: true },
    });
    await site.jobs.submit(request);
    await vi.waitFor(
      async () => expect(await site.jobs.read(request.name)).toMatchObject({ phase: 'succeeded', cause: null }),
      { timeout: 120_000, interval: 500 },
    );
    const seen = readFileSync(join(request.directories.output, 'seen'), 'utf8');
    expect(seen).toContain('of the modelof the dataset');
    expect(seen.match(/volumes\/local\/(model|dataset) /g)).toHaveLength(2);
  });
});
