import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunHandle } from '../../client/index.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { Cluster } from './cluster.ts';
import { openClusterWorld } from './digits.ts';
import type { ClusterWorld } from './digits.ts';
import { eventually } from './eventually.ts';
import { jobPath } from './failure-case.ts';
import { podsOf } from './jobs.ts';
import { leftIn } from './leftovers.ts';
import { follow } from './rest.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';

interface SeenJob {
  readonly metadata: { readonly name: string; readonly uid: string };
}

/** Whole runs whose worker, or the API server it speaks with, is ended with SIGKILL. */
export function describeCrashes(kind: ClusterBackendKind): void {
  let cluster: Cluster;
  let on: ClusterWorld;
  /** Every job there ever was, by its uid. */
  const made = new Map<string, SeenJob>();
  const auditing = new AbortController();

  /** A run whose training takes so long. */
  function start(seconds: number): Promise<RunHandle> {
    const script = `echo started >> "$TRAINYARD_OUTPUT_DIR/starts"; sleep ${seconds}; cp model.torchscript "$TRAINYARD_OUTPUT_DIR/"`;
    const { serve: _serve, ...spec } = on.world.spec({
      backend: { kind },
      compute: { image: 'registry.test/train:1' },
      recipe: { kind: 'command', command: ['sh', '-c', script] },
    });
    return on.sdk.start(spec);
  }

  async function endsWell(run: RunHandle): Promise<void> {
    const view = await run.result({ signal: AbortSignal.timeout(150_000) }).catch((error: unknown) => {
      const last = on.worker().lines.slice(-20).join('\n');
      throw new Error(`${String(error)}; its worker last wrote:\n${last}`, { cause: error });
    });
    expect(view).toMatchObject({ status: 'succeeded', error: null, cause: null });
    // One job to train and one to package, and the training began once.
    const names = [...made.values()].map(({ metadata }) => metadata.name).toSorted();
    expect(names).toEqual([expect.stringMatching(/-p1$/), expect.stringMatching(/-t1$/)]);
    expect(starts(run)).toBe('started\n');
    await eventually('nothing is left', 30, async () => (await leftIn(cluster.rest, on.namespace)).length === 0);
  }

  async function killWorker(): Promise<void> {
    on.worker().child.kill('SIGKILL');
    await on.worker().ended;
  }

  const starts = ({ runId }: RunHandle): string =>
    readFileSync(join(on.workspace, 'runs', runId, 'output', 'starts'), 'utf8');
  const trains = (run: RunHandle): Promise<unknown> => eventually('it trains', 60, () => starts(run) !== '');

  describe(`a run on ${kind} whose worker is killed`, () => {
    beforeAll(async () => {
      cluster = await sharedCluster();
      on = await openClusterWorld(cluster);
      void follow<SeenJob>(cluster.rest, jobPath(kind, on), (job) => made.set(job.metadata.uid, job), auditing.signal);
    }, CLUSTER_START_MS);
    afterAll(async () => {
      auditing.abort();
      await on?.close();
      await cluster.stop();
    });
    beforeEach(() => made.clear());

    it.each(['job.created', 'job.awaiting', 'job.created:2'])(
      'at %s has one job of each kind and ends well',
      async (point) => {
        await killWorker();
        const doomed = await on.world.startWorker({ TRAINYARD_TEST_CRASH: point });
        const run = await start(1);
        const death = await doomed.ended;
        expect(death.signal, `${point} was never reached:\n${doomed.lines.join('\n')}`).toBe('SIGKILL');
        await on.restartWorker();
        await endsWell(run);
      },
    );

    it('while its job runs is told by the next worker of a job that ended while none was there', async () => {
      await on.restartWorker();
      const run = await start(4);
      await trains(run);
      await killWorker();
      await eventually('the training has ended', 60, async () => {
        const pods = await podsOf(cluster.rest, on.namespace, 'trainyard.dev/job');
        return pods.every(({ status }) => status.phase === 'Succeeded');
      });
      await on.restartWorker();
      await endsWell(run);
    });

    it('or whose API server is, while its job runs, has one job of each kind and ends well', async () => {
      await on.restartWorker();
      const run = await start(4);
      await trains(run);
      await cluster.kill('kube-apiserver');
      await delay(3000);
      await cluster.restart('kube-apiserver');
      await endsWell(run);
    });
  });
}
