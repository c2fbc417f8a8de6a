import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { RunRecord } from '../../domain/record.ts';
import { savingRecipe } from '../support/saving-trainer.ts';
import type { Cluster } from './cluster.ts';
import { openClusterWorld } from './digits.ts';
import type { ClusterWorld } from './digits.ts';
import { eventually } from './eventually.ts';
import { podsOf } from './jobs.ts';
import { ON_LOCAL_NODE } from './local-node.ts';
import { apply } from './objects.ts';
import { CLUSTER_START_MS, sharedCluster } from './shared.ts';

/** More than half of the local node. */
const CORES = 9;

/** Ends the pod of a job that trains. */
type Disturb = (cluster: Cluster, namespace: string, pod: string) => Promise<void>;

/** A pod of higher priority that needs the room: the scheduler itself makes it. It is gone after a few seconds. */
const preempt: Disturb = async ({ rest }, namespace) => {
  const priority = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'saving-urgent' } };
  const resources = { requests: { cpu: String(CORES) } };
  const containers = [{ name: 'urgent', image: 'registry.test/x:1', command: ['sleep', '2'], resources }];
  const spec = { priorityClassName: 'saving-urgent', containers, restartPolicy: 'Never', ...ON_LOCAL_NODE };
  const metadata = { name: 'urgent', namespace };
  await apply(rest, [
    { ...priority, value: 1000 },
    { apiVersion: 'v1', kind: 'Pod', metadata, spec },
  ]);
};

/** What draining a node does. */
const evict: Disturb = async ({ rest }, namespace, pod) => {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } };
  await rest.want('POST', `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`, body);
};

/** How a pod is ended, and the exit code of a trainer that has saved because of it. */
const WAYS: readonly (readonly [kind: 'preempted' | 'evicted', exit: number, disturb: Disturb])[] = [
  ['preempted', 143, preempt],
  ['evicted', 143, evict],
  // A trainer that is satisfied with what it saved is not done.
  ['evicted', 0, evict],
];

async function disturbed(cluster: Cluster, on: ClusterWorld, kind: ClusterBackendKind, exit: number, disturb: Disturb) {
  const digits = await on.digits({ kind });
  const { runId } = await on.sdk.start({
    ...digits,
    package: null,
    evaluate: null,
    serve: null,
    output: null,
    recipe: savingRecipe(),
    compute: { image: 'registry.test/trainer:1', cpu: CORES, memory: '1Gi', env: { EXIT_TOLD: String(exit) } },
    limits: { grace: '20s' },
  });
  const run = join(on.workspace, 'runs', runId);
  await eventually('half of the training', 120, async () => {
    if (existsSync(join(run, 'output', 'checkpoints', 'step-5'))) return true;
    const { error } = await on.sdk.get(runId);
    if (error !== null) throw new Error(`${error.code}: ${error.message}: ${error.why ?? ''}`);
    return false;
  });
  const [pod] = await podsOf(cluster.rest, on.namespace, 'trainyard.dev/job');
  await disturb(cluster, on.namespace, pod?.metadata.name ?? '');
  const view = await on.sdk.result(runId, { signal: AbortSignal.timeout(180_000) });
  const record = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as RunRecord;
  const starts = readFileSync(join(run, 'output', 'starts'), 'utf8')
    .trim()
    .split('\n')
    .map(Number);
  return { view, record, starts };
}

/** A run that loses its pod at half of its training, on backends of the ring's cluster. */
export function describePreempted(kinds: readonly ClusterBackendKind[]): void {
  describe.each(kinds)('a run on %s that loses its pod at half of its training', (kind) => {
    let cluster: Cluster;
    let on: ClusterWorld;

    beforeAll(async () => {
      cluster = await sharedCluster();
      on = await openClusterWorld(cluster);
    }, CLUSTER_START_MS);

    afterAll(async () => {
      await on?.close();
      await cluster.stop();
    });

    const title = '%s, exit code %i: goes on from what it saved in its grace, and the record shows what was lost';
    it.each(WAYS)(title, async (way, exit, by) => {
      const { view, record, starts } = await disturbed(cluster, on, kind, exit, by);
      expect(view).toMatchObject({ status: 'succeeded', error: null });
      const [first, second] = record.attempts ?? [];
      expect(first).toMatchObject({ phase: 'failed', cause: { kind: way, budget: 'infrastructure' } });
      // The trainer's own handler wrote it, within the grace that the spec gives.
      expect(second).toMatchObject({ phase: 'succeeded', resumedFrom: 'checkpoints/told' });
      expect(starts).toHaveLength(2);
      expect(starts[1]).toBeGreaterThanOrEqual(5);
      expect(first?.lostSeconds).toBeLessThan(10);
      expect(view.attempts).toEqual(record.attempts);
    });
  });
}
