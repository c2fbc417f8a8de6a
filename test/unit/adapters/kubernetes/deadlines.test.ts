import { describe, expect, it } from 'vitest';
import { missedDeadline } from '../../../../adapters/kubernetes/deadlines.ts';
import type { KeptJob, KeptState } from '../../../../adapters/kubernetes/kept-jobs.ts';
import type { JobDeadlines } from '../../../../domain/job.ts';
import { clusterOptions, clusterRequest, noon, submitted } from '../../../support/cluster-job.ts';

function kept(deadlines: Partial<JobDeadlines>, since: KeptState['since'] = {}): KeptJob {
  const request = clusterRequest({ deadlines: { startingSeconds: null, silentSeconds: null, ...deadlines } });
  const options = clusterOptions({});
  return {
    place: { name: request.name, runId: request.runId, dir: '/none' },
    submitted: submitted(request, options),
    plan: { kind: 'kubernetes-job', options },
    state: {
      uid: 'u',
      waiting: null,
      since,
      missingSince: null,
      endedBy: null,
      suspended: null,
      bygone: [],
      cause: null,
      pods: [],
      last: null,
      final: null,
    },
  };
}

const after = (seconds: number): number => Date.parse(noon(seconds));

describe('a deadline of a job', () => {
  it('for room counts from its submission, and names its limit', () => {
    const job = kept({ queuedSeconds: 60 });
    expect(missedDeadline(job, 'queued', after(60), 0)).toBeNull();
    expect(missedDeadline(job, 'queued', after(61), 0)).toEqual({
      why: 'deadline',
      reason: expect.stringContaining('limits.queued (60 s)'),
    });
  });

  it('for the start counts from when it began to start', () => {
    const job = kept({ queuedSeconds: 10, startingSeconds: 30 }, { starting: noon(100) });
    expect(missedDeadline(job, 'starting', after(130), 0)).toBeNull();
    expect(missedDeadline(job, 'starting', after(131), 0)?.reason).toContain('limits.starting (30 s)');
  });

  it('for silence counts from its last output, and not from before it ran', () => {
    const job = kept({ silentSeconds: 30 }, { running: noon(100) });
    expect(missedDeadline(job, 'running', after(120), after(0))).toBeNull();
    expect(missedDeadline(job, 'running', after(200), after(175))).toBeNull();
    expect(missedDeadline(job, 'running', after(200), after(165))).toMatchObject({ why: 'silent' });
    expect(missedDeadline(job, 'starting', after(900), after(0))).toBeNull();
  });

  it('is none where none was set', () => {
    for (const phase of ['queued', 'starting', 'running'] as const) {
      expect(missedDeadline(kept({}), phase, after(1e6), 0)).toBeNull();
    }
  });
});
