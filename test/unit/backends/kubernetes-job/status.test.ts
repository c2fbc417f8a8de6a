import { describe, expect, it } from 'vitest';
import { kubernetesJobBackendOptions } from '../../../../backends/kubernetes-job/options.ts';
import { kubernetesJobStatus } from '../../../../backends/kubernetes-job/status.ts';
import type { ClusterJobStatus, KubeObject, ObservedJob } from '../../../../domain/cluster-job.ts';
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

type Condition = readonly [type: string, reason: string];

function batchJob(conditions: readonly Condition[], suspend = false): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'digits-abcdefgh-t1', uid: 'u1' },
    spec: { suspend },
    status: {
      conditions: conditions.map(([type, reason]) => ({ type, status: 'True', reason, lastTransitionTime: noon(50) })),
    },
  };
}

function status(
  job: KubeObject | null,
  pods: readonly KubeObject[],
  over: Partial<ObservedJob> = {},
): ClusterJobStatus {
  const backend = kubernetesJobBackendOptions.parse({ kind: 'kubernetes-job' });
  const request = clusterRequest({ roles: [torchRole(2)] });
  return kubernetesJobStatus(submitted(request, clusterOptions(backend)), observed({ job, pods, ...over }));
}

const pod = (index: number): KubeObject => livePod({ index });
const done = (index: number): KubeObject => livePod({ index, phase: 'Succeeded', state: terminated(0, 40) });
const dead = (index: number): KubeObject => livePod({ index, phase: 'Failed', state: terminated(1, 40) });

describe('the phase of an Indexed Job', () => {
  it.each<readonly [string, KubeObject | null, readonly KubeObject[], ClusterJobStatus['phase']]>([
    ['nothing yet', batchJob([]), [], 'queued'],
    ['Suspended', batchJob([['Suspended', 'JobSuspended']], true), [], 'queued'],
    ['one of two pods', batchJob([]), [pod(0)], 'starting'],
    ['all pods', batchJob([]), [pod(0), pod(1)], 'running'],
    ['FailureTarget', batchJob([['FailureTarget', 'PodFailurePolicy']]), [dead(0), pod(1)], 'running'],
    ['SuccessCriteriaMet', batchJob([['SuccessCriteriaMet', 'CompletionsReached']]), [done(0), done(1)], 'running'],
    ['Complete', batchJob([['Complete', 'CompletionsReached']]), [done(0), done(1)], 'succeeded'],
    ['Complete, its pods gone', batchJob([['Complete', 'CompletionsReached']]), [], 'succeeded'],
    ['Failed', batchJob([['Failed', 'PodFailurePolicy']]), [dead(0)], 'failed'],
    ['deleted behind our back', null, [pod(0), pod(1)], 'failed'],
  ])('with %s is told from Job and pods', (_name, job, pods, expected) => {
    expect(status(job, pods).phase).toBe(expected);
  });

  it('says what its pods end for', () => {
    const told = status(batchJob([['FailureTarget', 'PodFailurePolicy']]), [dead(0), pod(1)]);
    expect(told).toMatchObject({ reason: 'its pods are ending: PodFailurePolicy', endNow: null });
  });

  it.each([
    ['PodFailurePolicy', [dead(0)], { kind: 'exit-code', budget: 'code', rank: 0 }],
    ['DeadlineExceeded', [], { kind: 'deadline', code: 'TY_JOB_DEADLINE', budget: 'code' }],
    ['BackoffLimitExceeded', [], { kind: 'lost', budget: 'infrastructure', message: 'BackoffLimitExceeded' }],
  ])('failed with %s has its cause', (reason, pods, cause) => {
    expect(status(batchJob([['Failed', reason]]), pods).cause).toMatchObject(cause);
  });

  it('is queued again, and not dead, when its queue suspends it', () => {
    const gone = livePod({ index: 0, phase: 'Failed', state: terminated(143, 40), deletedAt: noon(39) });
    const workload: KubeObject = {
      apiVersion: 'kueue.x-k8s.io/v1beta2',
      kind: 'Workload',
      metadata: { name: 'job-digits' },
      spec: { queueName: 'ml' },
      status: { conditions: [{ type: 'Evicted', status: 'True', reason: 'Preempted', message: 'for prod/big' }] },
    };
    const told = status(batchJob([['Suspended', 'JobSuspended']], true), [gone], { workload });
    expect(told).toMatchObject({ phase: 'queued', endNow: null, reason: 'put back in queue ml: for prod/big' });
  });

  it('that did not start in time failed for what it waited for', () => {
    const message = '0/3 nodes: Insufficient nvidia.com/gpu';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    const waiting = livePod({ index: 1, phase: 'Pending', node: null, state: {}, conditions, deletedAt: noon(59) });
    const endedBy = { why: 'deadline', reason: 'not started within 1h' } as const;
    expect(status(null, [pod(0), waiting], { endedBy }).cause).toMatchObject({
      kind: 'unschedulable',
      code: 'TY_JOB_UNSCHEDULABLE',
      budget: 'code',
      rank: 1,
      message: `not started within 1h: worker rank 1: no node can take it: ${message}`,
    });
  });

  it('says what keeps its pods from being made', () => {
    const job = batchJob([]);
    const message = 'pods "digits-abcdefgh-t1-0-x" is forbidden: exceeded quota: gpus';
    const told = status(job, [], { events: [liveEvent(job, 'FailedCreate', message, 9)] });
    expect(told).toMatchObject({ phase: 'queued', reason: `FailedCreate: ${message}`, endNow: null });
  });

  it('says what quota its queue waits for', () => {
    const workload: KubeObject = {
      apiVersion: 'kueue.x-k8s.io/v1beta2',
      kind: 'Workload',
      metadata: { name: 'job-digits' },
      spec: { queueName: 'ml' },
      status: { conditions: [{ type: 'QuotaReserved', status: 'False', message: 'insufficient nvidia.com/gpu' }] },
    };
    const told = status(batchJob([], true), [], { workload });
    expect(told.reason).toBe('waits for quota in queue ml: insufficient nvidia.com/gpu');
  });
});
