import { describe, expect, it } from 'vitest';
import { trainjobBackendOptions } from '../../../../backends/trainjob/options.ts';
import { trainJobStatus } from '../../../../backends/trainjob/status.ts';
import type { KubeObject, ObservedJob } from '../../../../domain/cluster-job.ts';
import {
  clusterOptions,
  clusterRequest,
  liveEvent,
  livePod,
  noon,
  observed,
  submitted,
  terminated,
  torchRole,
} from '../../../support/cluster-job.ts';
import type { PodOver } from '../../../support/cluster-job.ts';

const NAME = 'digits-abcdefgh-t1';

function status(seen: Partial<ObservedJob>, backend: object = {}) {
  const options = clusterOptions(trainjobBackendOptions.parse({ kind: 'trainjob', ...backend }));
  return trainJobStatus(submitted(clusterRequest({ roles: [torchRole(2)] }), options), observed(seen));
}

function object(kind: string, condition?: [type: string, reason: string, message?: string], more = {}): KubeObject {
  const [type, reason, message = ''] = condition ?? [];
  const conditions =
    type === undefined ? [] : [{ type, status: 'True', reason, message, lastTransitionTime: noon(50) }];
  const metadata = { name: NAME, creationTimestamp: noon(0) };
  return { apiVersion: 'v1', kind, metadata, status: { conditions, ...more } };
}

const job = (...condition: [] | [type: string, reason: string, message?: string]): KubeObject =>
  object('TrainJob', condition.length === 0 ? undefined : condition);
const jobSet = (more = {}): KubeObject => object('JobSet', undefined, more);
const node = (index: number, over: PodOver = {}): KubeObject => livePod({ index, container: 'node', ...over });
const pending = (index: number): KubeObject => node(index, { phase: 'Pending', node: null, state: { waiting: {} } });
const leaving = { ...job(), metadata: { ...job().metadata, deletionTimestamp: noon(55) } };
const suspended = job('Suspended', 'Suspended');
const refusal = (message: string): KubeObject => liveEvent(job(), 'TrainJobResourcesCreationFailed', message, 1);
const workload = (conditions: readonly object[]): KubeObject => ({
  ...object('Workload'),
  spec: { queueName: 'ml' },
  status: { conditions },
});

describe('a TrainJob that does not run yet', () => {
  it.each<[string, Partial<ObservedJob>, string, string]>([
    ['is queued until Trainer takes it up', { job: job() }, 'queued', 'Trainer has not made its JobSet yet'],
    [
      'says why its JobSet is refused while that may pass',
      { job: job(), events: [refusal('exceeded quota: jobsets')] },
      'queued',
      'Trainer cannot make its JobSet: exceeded quota: jobsets',
    ],
    [
      'says what Kueue waits for',
      {
        job: suspended,
        extra: [jobSet()],
        workload: workload([{ type: 'QuotaReserved', status: 'False', message: '0 of 4 GPUs free' }]),
      },
      'queued',
      'waits for quota in queue ml: 0 of 4 GPUs free',
    ],
    [
      'is queued again when Kueue puts it back',
      {
        job: suspended,
        extra: [jobSet()],
        workload: workload([{ type: 'Evicted', status: 'True', reason: 'Preempted', message: 'preempted' }]),
      },
      'queued',
      'put back in queue ml: preempted',
    ],
    ['is queued while somebody suspends it', { job: suspended, extra: [jobSet()] }, 'queued', 'suspended'],
    [
      'tells of pods that cannot be made, of which only events know',
      { job: job(), extra: [jobSet()], events: [liveEvent(object('Job'), 'FailedCreate', 'violates PodSecurity', 3)] },
      'queued',
      'its pods cannot be made: FailedCreate: violates PodSecurity',
    ],
    [
      'is starting while a node is missing',
      { job: job(), extra: [jobSet()], pods: [node(0), pending(1)] },
      'starting',
      'worker rank 1: no node can take it: ',
    ],
  ])('%s', (_claim, seen, phase, reason) => {
    expect(status(seen)).toMatchObject({ phase, reason, cause: null });
  });
});

describe('a TrainJob that runs', () => {
  it('runs when every node runs, whatever its conditions do not say', () => {
    const seen = { job: job(), extra: [jobSet()], pods: [node(0), node(1)] };
    expect(status(seen)).toMatchObject({
      phase: 'running',
      reason: null,
      startedAt: noon(5),
      endNow: null,
      ranks: [
        { role: 'worker', rank: 0, step: 'train' },
        { role: 'worker', rank: 1, step: 'train' },
      ],
    });
  });

  it('is ended when one node dies, for the others would wait for it for ever', () => {
    const pods = [node(0), node(1, { phase: 'Failed', state: terminated(1, 40) })];
    expect(status({ job: job(), extra: [jobSet()], pods })).toMatchObject({
      phase: 'running',
      endNow: 'worker rank 1 has failed',
    });
  });

  it('is not failed by a condition its JobSet does not confirm', () => {
    const seen = { job: job('Failed', 'FailedJobs'), extra: [jobSet()], pods: [node(0), node(1)] };
    expect(status(seen).phase).toBe('running');
  });

  it('goes on running while it is removed', () => {
    expect(status({ job: leaving, extra: [jobSet()], pods: [node(0), node(1)] })).toMatchObject({
      phase: 'running',
      reason: 'its TrainJob is being removed',
      endNow: null,
    });
  });
});

const done = [0, 1].map((index) => node(index, { phase: 'Succeeded', state: terminated(0, 45) }));
const failedSet = jobSet({ terminalState: 'Failed' });
const failedJob = job('Failed', 'FailedJobs', 'jobset failed');

describe('a TrainJob that has ended', () => {
  it('has succeeded when it is complete', () => {
    expect(status({ job: job('Complete', 'AllJobsCompleted'), extra: [jobSet()], pods: done })).toMatchObject({
      phase: 'succeeded',
      finishedAt: noon(50),
      stepSeconds: { train: 40 },
      cause: null,
    });
  });

  it('has succeeded when it is complete and its pods are gone', () => {
    expect(status({ job: job('Complete', 'AllJobsCompleted') }).phase).toBe('succeeded');
  });

  it('has failed of the node that died first', () => {
    const pods = [
      node(0, { phase: 'Failed', state: terminated(1, 44) }),
      node(1, { phase: 'Failed', state: terminated(137, 40, 'OOMKilled') }),
    ];
    expect(status({ job: failedJob, extra: [failedSet], pods })).toMatchObject({
      phase: 'failed',
      cause: { kind: 'oom', code: 'TY_JOB_OOM', role: 'worker', rank: 1, exitCode: 137 },
    });
  });

  it.each<[string, Partial<ObservedJob>, object]>([
    [
      'for its deadline, which removed every pod',
      { job: job('Failed', 'DeadlineExceeded', 'too long') },
      { kind: 'deadline', code: 'TY_JOB_DEADLINE', message: 'DeadlineExceeded: too long' },
    ],
    [
      'for a runtime that is not there',
      { job: job('Failed', 'TrainingRuntimeNotSupported', 'not found') },
      { code: 'TY_JOB_CONFIG_MISSING', message: 'Trainer cannot use the ClusterTrainingRuntime torch: not found' },
    ],
    [
      "with Trainer's words if no pod says why",
      { job: failedJob, extra: [failedSet] },
      { kind: 'lost', budget: 'infrastructure', message: 'FailedJobs: jobset failed' },
    ],
    [
      'when somebody deleted it',
      { job: null },
      { kind: 'lost', code: 'TY_JOB_LOST', message: 'the job was deleted, and not by Trainyard' },
    ],
  ])('has failed %s', (_claim, seen, cause) => {
    expect(status(seen, { runtime: 'torch' })).toMatchObject({ phase: 'failed', cause });
  });

  it.each<[string, Partial<ObservedJob>]>([
    ['removing it', { job: null }],
    ['suspending it, once nothing of it is active', { job: suspended }],
  ])('is cancelled by %s', (_claim, seen) => {
    expect(status({ ...seen, endedBy: { why: 'cancel', reason: 'cancelled' } }).phase).toBe('cancelled');
  });

  it('is not cancelled before its nodes have gone', () => {
    const active = object('TrainJob', ['Suspended', 'Suspended'], { jobsStatus: [{ name: 'node', active: 1 }] });
    const endedBy = { why: 'cancel', reason: 'cancelled' } as const;
    expect(status({ job: active, endedBy }).phase).not.toBe('cancelled');
  });
});

describe('a JobSet that is refused', () => {
  const late = { job: job(), now: noon(61) };

  it('ends the job after a minute: it would wait for ever', () => {
    const message = 'admission webhook denied the request: name too long';
    expect(status({ ...late, events: [refusal(message)] }).endNow).toBe(`Trainer cannot make its JobSet: ${message}`);
    const endedBy = { why: 'peer', reason: 'refused' } as const;
    expect(status({ ...late, job: null, events: [refusal(message)], endedBy })).toMatchObject({
      phase: 'failed',
      cause: { code: 'TY_BACKEND_UNSUPPORTED', budget: 'code' },
    });
  });

  it.each(['exceeded quota: jobsets', 'failed calling webhook "vjobset": timeout'])(
    'goes on waiting for what passes: %s',
    (message) => {
      expect(status({ ...late, events: [refusal(message)] })).toMatchObject({ phase: 'queued', endNow: null });
    },
  );
});
