import { describe, expect, it } from 'vitest';
import { paddlejobBackendOptions } from '../../../../backends/paddlejob/options.ts';
import { paddleJobStatus } from '../../../../backends/paddlejob/status.ts';
import type { KubeObject, ObservedJob } from '../../../../domain/cluster-job.ts';
import type { PodPlan } from '../../../../domain/pod-plan.ts';
import {
  clusterOptions,
  clusterRequest,
  livePod,
  noon,
  observed,
  submitted,
  terminated,
  torchRole,
} from '../../../support/cluster-job.ts';
import type { PodOver } from '../../../support/cluster-job.ts';

interface Case {
  readonly queue?: string;
  readonly pod?: Partial<PodPlan>;
}

const NAME = 'digits-abcdefgh-t1';

function status(seen: Partial<ObservedJob>, { queue, pod }: Case = {}) {
  const options = clusterOptions(paddlejobBackendOptions.parse({ kind: 'paddlejob', queue }), pod);
  return paddleJobStatus(submitted(clusterRequest({ roles: [torchRole(2)] }), options), observed(seen));
}

function job(phase?: string, more: object = {}): KubeObject {
  const metadata = { name: NAME, creationTimestamp: noon(0), ...more };
  const conditions = phase === undefined ? {} : { status: { phase, completionTime: noon(50) } };
  return { apiVersion: 'batch.paddlepaddle.org/v1', kind: 'PaddleJob', metadata, ...conditions };
}

/** The operator gives a pod its index in the label alone. */
function worker(index: number, over: PodOver = {}, more: object = {}): KubeObject {
  const pod = livePod({ ...over, indexKey: 'nothing' });
  const labels = { ...pod.metadata.labels, 'paddle-res-name': `${NAME}-worker-${index}` };
  const metadata = { ...pod.metadata, name: `${NAME}-worker-${index}`, labels };
  return { ...pod, metadata, status: { ...(pod.status as object), ...more } };
}

function sampleSet(phase: string): KubeObject {
  const cacheStatus = { totalSize: '20 GiB', cachedSize: '2.4 GiB' };
  return {
    apiVersion: 'batch.paddlepaddle.org/v1alpha1',
    kind: 'SampleSet',
    metadata: { name: 'coco' },
    status: { phase, cacheStatus },
  };
}

const waiting = (reason: string, message = ''): PodOver => ({
  phase: 'Pending',
  state: { waiting: { reason, message } },
});
const held = waiting('CreateContainerConfigError', `configmap "${NAME}" not found`);
const adopted: Case = { pod: { dataset: { kind: 'mounted', name: 'coco' } } };
const podGroup: KubeObject = {
  apiVersion: 'v1',
  kind: 'PodGroup',
  metadata: { name: NAME },
  status: { phase: 'Pending' },
};

describe('a PaddleJob that does not run yet', () => {
  it.each<[string, Partial<ObservedJob>, string, string, Case?]>([
    ['waits for its operator', { job: job() }, 'queued', "waits for PaddleCloud's operator"],
    [
      'waits for room in its queue',
      { job: job('Pending'), podGroup },
      'queued',
      'waits to be let in in queue ml',
      { queue: 'ml' },
    ],
    [
      'waits for its sample set and shows how much of it is there',
      { job: job('Pending'), extra: [sampleSet('Syncing')] },
      'queued',
      'sample set coco is Syncing, 2.4 GiB of 20 GiB cached',
      adopted,
    ],
    [
      'is starting while the operator holds its pods, which looks like a missing ConfigMap',
      { job: job('Starting'), pods: [worker(0, held), worker(1, held)], now: noon(3000) },
      'starting',
      'waits for its containers',
    ],
    [
      'is starting while one of two has begun',
      { job: job('Starting'), pods: [worker(0), worker(1, held)] },
      'starting',
      'waits for its containers',
    ],
  ])('%s', (_claim, seen, phase, reason, over) => {
    expect(status(seen, over)).toMatchObject({ phase, reason, cause: null, endNow: null });
  });

  it("is ended for a ConfigMap that is not the operator's", () => {
    const lost = waiting('CreateContainerConfigError', 'configmap "settings" not found');
    const seen = { job: job('Starting'), pods: [worker(0, lost), worker(1)], now: noon(3000) };
    expect(status(seen).endNow).toContain('configmap "settings" not found');
  });

  it.each<[string, Partial<ObservedJob>, string]>([
    ['that failed to sync', { extra: [sampleSet('SyncFailed')] }, 'sample set coco is SyncFailed'],
    ['that nobody made', { now: noon(121) }, 'there is no sample set coco'],
  ])('is ended for a sample set %s', (_claim, seen, message) => {
    expect(status({ job: job('Pending'), ...seen }, adopted).endNow).toContain(message);
    const endedBy = { why: 'peer', reason: 'no data' } as const;
    expect(status({ job: null, ...seen, endedBy }, adopted)).toMatchObject({
      phase: 'failed',
      cause: { kind: 'config-missing', budget: 'code' },
    });
  });

  it('gives a sample set made at the same time a moment', () => {
    expect(status({ job: job('Pending'), now: noon(119) }, adopted)).toMatchObject({
      reason: 'there is no sample set coco',
      endNow: null,
    });
  });

  it('is ended on a cluster of IPv6 addresses, where the operator would wait for ever', () => {
    const seen = { job: job('Starting'), pods: [0, 1].map((index) => worker(index, held, { podIP: 'fd00::1' })) };
    expect(status(seen).endNow).toContain('IPv4 addresses only');
  });
});

describe('a PaddleJob that runs', () => {
  it('runs when every pod does, though its phase lags behind', () => {
    expect(status({ job: job('Starting'), pods: [worker(0), worker(1)] })).toMatchObject({
      phase: 'running',
      reason: null,
      endNow: null,
      ranks: [{ rank: 0 }, { rank: 1 }],
    });
  });

  it('runs on when one of two is done', () => {
    const pods = [worker(0, { phase: 'Succeeded', state: terminated(0, 40) }), worker(1)];
    expect(status({ job: job('Running'), pods })).toMatchObject({ phase: 'running', endNow: null });
  });

  it('is ended when one of two dies', () => {
    const pods = [worker(0, { phase: 'Failed', state: terminated(1, 40) }), worker(1)];
    expect(status({ job: job('Running'), pods }).endNow).toBe('worker rank 0 has failed');
  });

  it.each([
    [60, 'its PaddleJob is being removed'],
    [400, "its PaddleJob has been waiting 5 min for PaddleCloud's operator to let it go: is the operator running?"],
  ])('says after %i s what it waits for when it is removed', (seconds, reason) => {
    const leaving = job('Running', { deletionTimestamp: noon(55) });
    const seen = { job: leaving, pods: [worker(0), worker(1)], now: noon(seconds) };
    expect(status(seen)).toMatchObject({ phase: 'running', reason });
  });
});

describe('a PaddleJob of which a pod is taken away', () => {
  const taken = (index: number, over: PodOver = {}): KubeObject =>
    worker(index, {
      deletedAt: noon(30),
      conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }],
      ...over,
    });

  it('is ended at once, before the operator puts another in its place that would begin anew', () => {
    const { phase, endNow, endAtOnce } = status({ job: job('Running'), pods: [worker(0), taken(1)] });
    expect(phase).toBe('running');
    expect(endNow).toContain('had to make room for a job of higher priority');
    expect(endAtOnce).toBe(true);
  });

  it('is ended also when the other is there already, and has the first for its cause', () => {
    const gone = taken(1, { phase: 'Failed', state: terminated(143, 31) });
    const replaced = worker(1, { createdAt: noon(35) });
    expect(status({ job: job('Running'), pods: [worker(0), gone, replaced] }).endAtOnce).toBe(true);
    const endedBy = { why: 'peer', reason: 'taken' } as const;
    const { cause } = status({ job: null, endedBy, pods: [worker(0), gone, replaced] });
    expect(cause).toMatchObject({ kind: 'preempted', budget: 'infrastructure', rank: 1 });
  });

  it('goes on when that one had done its work', () => {
    const conditions = [
      { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', lastTransitionTime: noon(30) },
    ];
    const done = taken(1, { phase: 'Succeeded', state: terminated(0, 20), conditions });
    expect(status({ job: job('Running'), pods: [worker(0), done] }).endAtOnce ?? false).toBe(false);
  });
});

describe('a PaddleJob whose replicas have all ended, of which its operator does not say so', () => {
  const well = worker(0, { phase: 'Succeeded', state: terminated(0, 30) });
  const last = { succeeded: terminated(0, 40), failed: terminated(3, 40) };
  const group = (phase: string): KubeObject => ({ ...podGroup, status: { phase } });
  const live = job('Running', { deletionTimestamp: undefined });

  it.each(['succeeded', 'failed'] as const)(
    'has %s at once when the operator looks no more, and in time when it may',
    (phase) => {
      const podPhase = phase === 'failed' ? 'Failed' : 'Succeeded';
      const pods = [well, worker(1, { phase: podPhase, state: last[phase] })];
      const after = (seconds: number, over: Partial<ObservedJob> = {}) =>
        status({ job: live, pods, now: noon(seconds), ...over }).phase;
      expect(after(41, { podGroup: group('Completed') })).toBe(phase);
      expect(after(41, { podGroup: group('Pending') })).toBe(phase);
      expect(after(41, { podGroup: group('Running') })).toBe('running');
      expect(after(41)).toBe('running');
      expect(after(101)).toBe(phase);
    },
  );

  it('runs while one of them does, whatever its group is called', () => {
    const seen = { job: live, pods: [well, worker(1)], podGroup: group('Completed'), now: noon(500) };
    expect(status(seen).phase).toBe('running');
  });
});

describe('a PaddleJob that has ended', () => {
  it('has succeeded when it is completed, its pods there or cleaned up', () => {
    const pods = [0, 1].map((index) => worker(index, { phase: 'Succeeded', state: terminated(0, 45) }));
    expect(status({ job: job('Completed'), pods })).toMatchObject({ phase: 'succeeded', finishedAt: noon(50) });
    expect(status({ job: job('Completed') })).toMatchObject({ phase: 'succeeded', cause: null });
  });

  it('has failed of the pod that died first', () => {
    const pods = [
      worker(0, { phase: 'Failed', state: terminated(143, 44) }),
      worker(1, { phase: 'Failed', state: terminated(3, 40) }),
    ];
    expect(status({ job: job('Failed'), pods })).toMatchObject({
      phase: 'failed',
      cause: { kind: 'exit-code', role: 'worker', rank: 1, exitCode: 3 },
    });
  });

  it('has failed with few words when its pods were cleaned up', () => {
    expect(status({ job: job('Failed') }).cause).toMatchObject({ kind: 'lost', message: 'a pod of it has failed' });
  });

  it('is cancelled when Trainyard removed it, and lost when somebody else did', () => {
    expect(status({ job: null, endedBy: { why: 'cancel', reason: 'cancelled' } }).phase).toBe('cancelled');
    expect(status({ job: null })).toMatchObject({ phase: 'failed', cause: { kind: 'lost', budget: 'infrastructure' } });
  });
});
