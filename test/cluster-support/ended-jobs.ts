import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { describeCases, TWO } from './cancel-stage.ts';
import type { CancelCase } from './cancel-stage.ts';
import type { Cluster } from './cluster.ts';
import { openClusterWorld } from './digits.ts';
import { eventually } from './eventually.ts';
import { JOB_PATHS, shell } from './failure-case.ts';
import { expectNothingLeft } from './leftovers.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';

/** How jobs end that nobody cancels, and what stays of them. */
const ENDS: readonly CancelCase[] = [
  [
    'is gone from the cluster at once when it succeeded, and its log is not',
    async ({ site, request, left }) => {
      const job = request({ argv: shell('echo done'), role: TWO, keepFailedSeconds: 600 });
      await site.start(job);
      expect(await site.end(job)).toMatchObject({ phase: 'succeeded' });
      await eventually('nothing is left', 10, async () => (await left()).length === 0);
      expect(site.log(job, 1)).toMatch(/done/);
    },
  ],
  [
    'is kept to be looked at for keepFailed when it failed, and then goes',
    async ({ kind, site, request, left }) => {
      const job = request({ argv: shell('exit 3'), keepFailedSeconds: 10 });
      await site.start(job);
      expect(await site.end(job)).toMatchObject({ phase: 'failed' });
      expect(await site.sweep()).toEqual([]);
      const kept = await left();
      expect(kept).toContain(`${JOB_PATHS[kind].resource} ${job.name}`);
      expect(kept).toContainEqual(expect.stringMatching(new RegExp(`^pods ${job.name}-`)));
      await eventually('it is swept', 30, async () => (await site.sweep()).includes(job.name));
      await eventually('nothing is left', 30, async () => (await left()).length === 0);
    },
  ],
  [
    'that was kept goes when its time is over, though another worker is there by then',
    async ({ site, request, left }) => {
      const job = request({ argv: shell('exit 3'), keepFailedSeconds: 10, role: TWO });
      await site.start(job);
      await site.end(job);
      await site.newWorker();
      expect(await left()).not.toEqual([]);
      await eventually('it is swept', 30, async () => (await site.sweep()).includes(job.name));
      await eventually('nothing is left', 30, async () => (await left()).length === 0);
    },
  ],
  [
    'that was ended for its silence is named so, though its processes ended politely',
    async ({ site, request, left }) => {
      const argv = shell('trap "exit 0" TERM; echo up; while :; do sleep 0.1; done');
      const job = request({ argv, deadlines: { silentSeconds: 3 } });
      await site.start(job);
      const cause = { kind: 'silent', code: 'TY_JOB_SILENT', budget: 'code' };
      expect(await site.end(job)).toMatchObject({ phase: 'failed', cause });
      await eventually('nothing is left', 10, async () => (await left()).length === 0);
    },
  ],
];

/** Jobs of a backend that have ended, and a whole run that is cancelled. */
export function describeEnds(kind: ClusterBackendKind): void {
  describe(`an ended job on ${kind}`, () => describeCases(kind, ENDS));

  describe(`a run on ${kind}`, () => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await sharedCluster();
    }, CLUSTER_START_MS);
    afterAll(() => cluster.stop());
    it('that is cancelled while it packages leaves nothing', () => packaging(cluster, kind), 300_000);
  });
}

async function packaging(cluster: Cluster, kind: ClusterBackendKind): Promise<void> {
  const on = await openClusterWorld(cluster);
  try {
    const { serve: _serve, ...spec } = on.world.spec({
      backend: { kind },
      compute: { image: 'registry.test/train:1' },
      package: {
        kind: 'torchscript',
        command: ['sh', '-c', 'echo packing > "$TRAINYARD_OUTPUT_DIR/packing"; sleep 600'],
      },
    });
    const run = await on.sdk.start(spec);
    const mark = `${on.workspace}/runs/${run.runId}/output/packing`;
    await eventually('it packages', 90, () => readFileSync(mark, 'utf8') !== '');
    await run.cancel();
    expect(await run.result({ signal: AbortSignal.timeout(60_000) })).toMatchObject({ status: 'cancelled' });
    await expectNothingLeft(cluster, on.namespace, 'when the run has ended');
  } finally {
    await on.close();
  }
}
