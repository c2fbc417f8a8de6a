import { describe, expect, it } from 'vitest';
import { volcanoBackendOptions } from '../../../../backends/volcano/options.ts';
import { volcanoJobStatus } from '../../../../backends/volcano/status.ts';
import type { ClusterJobStatus, KubeObject, ObservedJob } from '../../../../domain/cluster-job.ts';
import type { RoleTerms } from '../../../../domain/pod-plan.ts';
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

function vcjob(phase: string | null): KubeObject {
  const state = { phase, lastTransitionTime: noon(50), reason: 'reason', message: 'message' };
  const metadata = { name: 'digits-abcdefgh-t1', uid: 'u1' };
  return { apiVersion: 'batch.volcano.sh/v1alpha1', kind: 'Job', metadata, status: phase === null ? {} : { state } };
}

const pod = (index: number, over: PodOver = {}): KubeObject =>
  livePod({ index, indexKey: 'volcano.sh/task-index', ...over });
const done = (index: number): KubeObject => pod(index, { phase: 'Succeeded', state: terminated(0, 40) });
const dead = (index: number): KubeObject => pod(index, { phase: 'Failed', state: terminated(1, 40) });
const placed = (index: number): KubeObject =>
  pod(index, { phase: 'Pending', state: { waiting: { reason: 'ContainerCreating' } } });

interface Options {
  readonly minReplicas?: number;
  readonly queue?: string;
}

function status(
  phase: string | null,
  pods: readonly KubeObject[],
  over: Partial<ObservedJob> = {},
  options: Options = {},
  terms: Partial<RoleTerms> | null = null,
): ClusterJobStatus {
  const backend = volcanoBackendOptions.parse({ kind: 'volcano', ...options });
  const request = clusterRequest({ roles: [torchRole(2)] });
  const job = submitted(request, clusterOptions(backend, {}, terms === null ? {} : { worker: terms }));
  return volcanoJobStatus(job, observed({ job: vcjob(phase), pods, ...over }));
}

describe('a Volcano Job whose pods a quota keeps out', () => {
  it('says so in the words of the API server, which Volcano wraps in its own', () => {
    const dump =
      'err: &errors.StatusError{ErrStatus:v1.Status{Status:"Failure", Message:"pods \\"x\\" is forbidden: exceeded quota: full", Code:403}}';
    const events = [
      liveEvent(vcjob('Pending'), 'FailedCreate', `Error creating pods: [failed to create pod x, ${dump}]`, 9),
    ];
    expect(status('Pending', [], { events })).toMatchObject({
      phase: 'queued',
      reason: 'pods "x" is forbidden: exceeded quota: full',
    });
  });
});

describe('the phase of a Volcano Job', () => {
  it.each<readonly [string | null, string, readonly KubeObject[], ClusterJobStatus['phase']]>([
    [null, 'no pods', [], 'queued'],
    ['Pending', 'no pods', [], 'queued'],
    ['Pending', 'pods without a node', [pod(0, { phase: 'Pending', node: null, state: {} })], 'queued'],
    ['Pending', 'pods on their nodes', [placed(0), placed(1)], 'starting'],
    ['Running', 'one of two pods running', [pod(0), placed(1)], 'starting'],
    ['Running', 'all pods running', [pod(0), pod(1)], 'running'],
    ['Running', 'one pod done', [done(0), pod(1)], 'running'],
    ['Restarting', 'pods that end', [pod(0), pod(1)], 'running'],
    ['Restarting', 'none', [], 'queued'],
    ['Completing', 'pods that end', [done(0), pod(1)], 'running'],
    ['Terminating', 'pods that end', [dead(0), pod(1)], 'running'],
    ['Aborting', 'pods that end', [pod(0), pod(1)], 'running'],
    ['Completed', 'all pods succeeded', [done(0), done(1)], 'succeeded'],
    ['Completed', 'a failed pod', [done(0), dead(1)], 'failed'],
    ['Completed', 'no pods any more', [], 'succeeded'],
    ['Failed', 'a failed pod', [done(0), dead(1)], 'failed'],
    ['Aborted', 'a failed pod', [dead(0)], 'failed'],
    ['Terminated', 'a failed pod', [dead(0)], 'failed'],
    ['Terminated', 'pods that had all succeeded', [done(0), done(1)], 'succeeded'],
    ['Somewhere', 'all pods running', [pod(0), pod(1)], 'running'],
  ])('%s with %s (%#) is told from both', (phase, _name, pods, expected) => {
    expect(status(phase, pods).phase).toBe(expected);
  });

  it('is cancelled only when Trainyard ended it for that', () => {
    const endedBy = { why: 'cancel', reason: 'asked for' } as const;
    const told = pod(0, { phase: 'Failed', state: terminated(143, 40), deletedAt: noon(39) });
    expect(status('Terminated', [told], { endedBy }).phase).toBe('cancelled');
    expect(status('Terminating', [told], { endedBy })).toMatchObject({ phase: 'running', endNow: null });
    expect(status('Completed', [done(0), done(1)], { endedBy }).phase).toBe('succeeded');
  });

  it.each([
    ['deadline', 'start-deadline', 'TY_JOB_START_DEADLINE'],
    ['silent', 'silent', 'TY_JOB_SILENT'],
  ] as const)('is failed with the reason when Trainyard ended it for its %s', (why, kind, code) => {
    const told = pod(0, { phase: 'Failed', state: terminated(143, 40), deletedAt: noon(39) });
    const cause = status('Terminated', [told], { endedBy: { why, reason: 'said so' } }).cause;
    expect(cause).toMatchObject({ kind, code, message: 'said so' });
  });
});

describe('a Volcano Job that waits', () => {
  it('says what the gang scheduler lacks, and in which queue', () => {
    const message = '2/2 tasks in gang unschedulable: Insufficient nvidia.com/gpu';
    const podGroup: KubeObject = {
      apiVersion: 'scheduling.volcano.sh/v1beta1',
      kind: 'PodGroup',
      metadata: { name: 'digits-abcdefgh-t1-u1' },
      status: { phase: 'Pending', conditions: [{ type: 'Unschedulable', status: 'True', message }] },
    };
    const reason = status('Pending', [], { podGroup }, { queue: 'ml' }).reason;
    expect(reason).toBe(`no room for all replicas at once in queue ml: ${message}`);
  });

  it('says why its image does not come', () => {
    const stuck = pod(0, { phase: 'Pending', state: { waiting: { reason: 'ErrImagePull', message: 'no such host' } } });
    const told = status('Pending', [stuck, placed(1)], { now: noon(30) });
    expect(told).toMatchObject({ phase: 'starting', reason: expect.stringContaining('no such host'), endNow: null });
    const late = status('Pending', [stuck, placed(1)], { now: noon(900) });
    expect(late).toMatchObject({ phase: 'starting', endNow: expect.stringContaining('no such host') });
  });

  it('is given up when a claim of its own does not come', () => {
    const events = [liveEvent(vcjob('Pending'), 'PVCError', 'pvc "models" not found', 10)];
    expect(status('Pending', [], { events, now: noon(129) }).endNow).toBeNull();
    const late = status('Pending', [], { events, now: noon(130) });
    expect(late).toMatchObject({ phase: 'queued', endNow: expect.stringContaining('pvc "models" not found') });
    const endedBy = { why: 'peer', reason: 'given up' } as const;
    expect(status('Terminated', [], { events, now: noon(140), endedBy }).cause).toMatchObject({
      kind: 'config-missing',
      budget: 'code',
    });
  });
});

describe('a Volcano Job whose rank has died', () => {
  it('is ended by Trainyard if Volcano lets it go on', () => {
    expect(status('Running', [dead(0), pod(1)])).toMatchObject({
      phase: 'running',
      endNow: 'worker rank 0 has failed',
    });
  });

  it('goes on while its role may lose one', () => {
    expect(status('Running', [dead(0), pod(1)], {}, {}, { maxFailed: 1 })).toMatchObject({ endNow: null });
    expect(status('Failed', [dead(0), done(1)], {}, {}, { maxFailed: 1 }).phase).toBe('succeeded');
    expect(status('Failed', [dead(0), dead(1)], {}, {}, { maxFailed: 1 }).phase).toBe('failed');
  });

  it('tells the rank, its exit code and its last lines', () => {
    const told = status('Terminated', [dead(1)], { lastLines: { 'worker-1': ['boom'] } });
    expect(told).toMatchObject({
      finishedAt: noon(50),
      ranks: [{ role: 'worker', rank: 1, exitCode: 1, startedAt: noon(5), finishedAt: noon(40) }],
      cause: { kind: 'exit-code', rank: 1, exitCode: 1, lastLines: ['boom'] },
      stepSeconds: { train: 35 },
    });
  });

  it('is lost, at the cost of the infrastructure, when somebody deleted it', () => {
    const told = status('Running', [pod(0), pod(1)], { job: null });
    expect(told).toMatchObject({ phase: 'failed', cause: { kind: 'lost', budget: 'infrastructure' } });
    expect(told.cause?.message).toContain('not by Trainyard');
  });

  it('has succeeded when it was deleted after its last pod', () => {
    expect(status('Running', [done(0), done(1)], { job: null }).phase).toBe('succeeded');
  });
});

describe('a Volcano Job that may shrink', () => {
  it('runs with the least of its replicas', () => {
    expect(status('Running', [pod(0), placed(1)], {}, { minReplicas: 1 }).phase).toBe('running');
  });

  it('is done with those that ran', () => {
    const waiting = pod(1, { phase: 'Pending', node: null, state: {} });
    const told = status('Running', [done(0), waiting], {}, { minReplicas: 1 });
    expect(told.endNow).toBe('every replica that ran is done');
  });
});

describe('a Volcano Job that is aborted', () => {
  it.each(['Aborting', 'Aborted'])('waits when Trainyard has suspended it (%s)', (phase) => {
    expect(status(phase, [pod(0), pod(1)], { suspended: true })).toMatchObject({ phase: 'queued', cause: null });
  });

  it('has failed when somebody else did it', () => {
    expect(status('Aborted', [])).toMatchObject({ phase: 'failed' });
  });

  it('has ended when it is cancelled while it is suspended', () => {
    const endedBy = { why: 'cancel', reason: 'the run was cancelled' } as const;
    expect(status(null, [], { suspended: true, endedBy, job: null })).toMatchObject({ phase: 'cancelled' });
  });
});
