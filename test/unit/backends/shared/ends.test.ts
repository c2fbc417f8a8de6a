import { describe, expect, it } from 'vitest';
import { kubernetesJobStatus } from '../../../../backends/kubernetes-job/status.ts';
import { kubernetesJobBackendOptions } from '../../../../backends/kubernetes-job/options.ts';
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

const options = clusterOptions(kubernetesJobBackendOptions.parse({ kind: 'kubernetes-job' }));
const request = clusterRequest({ roles: [torchRole(2)] });
const status = (seen: Partial<ObservedJob>) => kubernetesJobStatus(submitted(request, options), observed(seen));

const live: KubeObject = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: request.name, uid: 'u', creationTimestamp: noon(0) },
  spec: {},
  status: {},
};
const deleting = { ...live, metadata: { ...live.metadata, deletionTimestamp: noon(40) } };

const toldToGo = (index: number, exitCode: number) =>
  livePod({
    index,
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    deletedAt: noon(30),
    state: terminated(exitCode, 31),
  });
const lostWith = (index: number, reason: string) =>
  livePod({ index, deletedAt: noon(30), conditions: [{ type: 'DisruptionTarget', status: 'True', reason }] });

describe('a job that is gone', () => {
  it.each([143, 137, 1, 0])('and not by Trainyard is lost, whatever its pods said as they went (%i)', (code) => {
    const { phase, cause } = status({ job: null, pods: [toldToGo(0, code), toldToGo(1, code)] });
    expect(phase).toBe('failed');
    expect(cause).toMatchObject({ kind: 'lost', code: 'TY_JOB_LOST', budget: 'infrastructure' });
    expect(cause?.message).toContain('was deleted');
  });

  it('after a rank failed on its own has that for its cause', () => {
    const failed = livePod({ index: 1, phase: 'Failed', state: terminated(7, 20) });
    expect(status({ job: null, pods: [toldToGo(0, 143), failed] }).cause).toMatchObject({ kind: 'exit-code', rank: 1 });
  });

  it.each([
    ['cancel', 'cancelled', null],
    ['silent', 'failed', 'silent'],
    ['deadline', 'failed', 'start-deadline'],
  ] as const)('because of a %s did not succeed, though its processes ended politely', (why, phase, kind) => {
    const told = status({ job: null, pods: [toldToGo(0, 0), toldToGo(1, 0)], endedBy: { why, reason: 'it was time' } });
    expect(told.phase).toBe(phase);
    expect(told.cause?.kind ?? null).toBe(kind);
  });

  it('after all its ranks had succeeded has succeeded', () => {
    const done = [0, 1].map((index) => livePod({ index, phase: 'Succeeded', state: terminated(0, 20) }));
    expect(status({ job: null, pods: done })).toMatchObject({ phase: 'succeeded', cause: null });
  });
});

describe('a job that its framework takes for done', () => {
  const complete: KubeObject = {
    ...live,
    status: { conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: noon(40) }] },
  };
  const taken = (at: number) => [
    { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', lastTransitionTime: noon(at) },
  ];
  const pod = (index: number, told: number, ended: number) =>
    livePod({ index, phase: 'Succeeded', deletedAt: noon(told), conditions: taken(told), state: terminated(0, ended) });

  it('has failed when a pod was taken away and its program, told to go, ended with code 0', () => {
    const done = livePod({ index: 0, phase: 'Succeeded', state: terminated(0, 20) });
    const { phase, cause } = status({ job: complete, pods: [done, pod(1, 30, 31)] });
    expect(phase).toBe('failed');
    expect(cause).toMatchObject({ kind: 'preempted', budget: 'infrastructure', rank: 1 });
  });

  it('is done when its pods were taken away after they had ended', () => {
    expect(status({ job: complete, pods: [pod(0, 30, 20), pod(1, 30, 29)] })).toMatchObject({
      phase: 'succeeded',
      cause: null,
    });
  });
});

describe('a pod on a lost node', () => {
  it('ends its job once nobody can be there any more to end the pod', () => {
    const pods = [livePod({ index: 0 }), lostWith(1, 'DeletionByTaintManager')];
    expect(status({ job: live, pods, now: noon(50) }).endNow).toBeNull();
    expect(status({ job: live, pods, now: noon(61) }).endNow).toContain('worker rank 1 was lost with its node node-1');
    const graces = { imagePull: 0, configMissing: 0, lostNode: 5000 };
    expect(status({ job: live, pods, now: noon(36), graces }).endNow).toContain('lost');
  });

  it('does not keep a job that Trainyard ended from its verdict', () => {
    const endedBy = { why: 'peer', reason: 'lost' } as const;
    const pods = [toldToGo(0, 143), lostWith(1, 'DeletionByTaintManager')];
    expect(status({ job: deleting, pods, endedBy, now: noon(50) }).phase).toBe('running');
    expect(status({ job: deleting, pods, endedBy, now: noon(61) })).toMatchObject({
      phase: 'failed',
      cause: { kind: 'node-lost', budget: 'infrastructure', rank: 1 },
    });
  });

  it('is waited for while it may still go by itself', () => {
    const endedBy = { why: 'cancel', reason: 'the run was cancelled' } as const;
    const slow = livePod({ index: 0, deletedAt: noon(100) });
    expect(status({ job: deleting, pods: [slow], endedBy, now: noon(61) }).phase).toBe('starting');
  });
});

describe('a job of which a quota keeps out a part', () => {
  it('says so while the rest starts', () => {
    const refused = liveEvent(live, 'FailedCreate', 'Error creating: pods "x-1" is forbidden: exceeded quota: full', 5);
    const first = livePod({ index: 0 });
    expect(status({ job: live, pods: [first], events: [refused] })).toMatchObject({
      phase: 'starting',
      reason: expect.stringContaining('exceeded quota: full'),
    });
    const both = [first, livePod({ index: 1 })];
    expect(status({ job: live, pods: both, events: [refused] })).toMatchObject({ phase: 'running', reason: null });
  });

  it('names it when its time to start is over', () => {
    const refused = liveEvent(live, 'FailedCreate', 'Error creating: exceeded quota: full', 5);
    const endedBy = { why: 'deadline', reason: 'it found no room within limits.queued (6 s)' } as const;
    const { cause } = status({ job: null, events: [refused], endedBy });
    expect(cause).toMatchObject({ kind: 'start-deadline', budget: 'code' });
    expect(cause?.message).toMatch(/limits\.queued.*exceeded quota: full/);
  });
});
