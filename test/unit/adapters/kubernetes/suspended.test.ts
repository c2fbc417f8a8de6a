import { describe, expect, it } from 'vitest';
import { missedDeadline } from '../../../../adapters/kubernetes/deadlines.ts';
import type { KeptJob, KeptJobs, KeptState } from '../../../../adapters/kubernetes/kept-jobs.ts';
import { asSuspended, noteBygone, withoutBygone } from '../../../../adapters/kubernetes/suspended.ts';
import type { ClusterJobStatus, KubeObject } from '../../../../domain/cluster-job.ts';
import { clusterOptions, clusterRequest, noon, submitted } from '../../../support/cluster-job.ts';

function kept(over: Partial<KeptState>): KeptJob {
  const request = clusterRequest({ deadlines: { startingSeconds: 1, silentSeconds: 1, queuedSeconds: 1 } });
  const options = clusterOptions({});
  const state = { uid: 'u', waiting: null, since: {}, missingSince: null, endedBy: null, suspended: null, bygone: [] };
  return {
    place: { name: request.name, runId: request.runId, dir: '/none' },
    submitted: submitted(request, options),
    plan: { kind: 'kubernetes-job', options },
    state: { ...state, cause: null, pods: [], last: null, final: null, ...over },
  };
}

const told = (phase: string): ClusterJobStatus =>
  ({ phase, reason: 'said', endNow: 'a rank is dead' }) as unknown as ClusterJobStatus;
const pod = (uid: string, deletionTimestamp?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: uid, uid, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
});

describe('a job that was suspended', () => {
  it('says by whom, and that its pods are still ending; nothing of it is ended for a dead rank', () => {
    const job = kept({ suspended: { by: 'lin' } });
    expect(asSuspended(job, told('queued'))).toMatchObject({ reason: 'suspended by lin', endNow: null });
    const ending = { reason: 'its pods are ending: suspended by lin', endNow: null };
    expect(asSuspended(job, told('running'))).toMatchObject(ending);
    expect(asSuspended(kept({ suspended: { by: null } }), told('queued')).reason).toBe('suspended');
  });

  it('keeps an end it has come to, and every word of one that is not suspended', () => {
    const failed = told('failed');
    expect(asSuspended(kept({ suspended: { by: null } }), failed)).toBe(failed);
    const running = told('running');
    expect(asSuspended(kept({}), running)).toBe(running);
  });

  it('misses no deadline', () => {
    const after = Date.parse(noon(3000));
    for (const phase of ['queued', 'starting', 'running'] as const) {
      expect(missedDeadline(kept({ suspended: { by: null } }), phase, after, 0)).toBeNull();
      expect(missedDeadline(kept({}), phase, after, 0)).not.toBeNull();
    }
  });

  it('notes the pods that go meanwhile, and counts without them when it goes on', () => {
    let state = kept({ suspended: { by: null }, bygone: ['before'] }).state;
    const jobs = {
      update: (_place: unknown, change: (one: KeptState) => KeptState) => (state = change(state)),
    } as unknown as KeptJobs;
    const pods = [pod('going', noon(1)), pod('done')];
    noteBygone(jobs, kept(state), pods);
    expect(state.bygone).toEqual(['before', 'going']);
    expect(withoutBygone(kept(state), pods)).toEqual(pods);
    expect(withoutBygone(kept({ ...state, suspended: null }), [...pods, pod('new')])).toEqual([
      pod('done'),
      pod('new'),
    ]);
  });

  it('notes nothing while it is not suspended', () => {
    const never = { update: () => expect.unreachable() } as unknown as KeptJobs;
    noteBygone(never, kept({}), [pod('evicted', noon(1))]);
  });
});
