import { describe, expect, it } from 'vitest';
import { trainJobState } from '../../../../backends/trainjob/state.ts';
import type { KubeObject } from '../../../../domain/cluster-job.ts';

const CREATED = '2026-01-01T00:00:00Z';
const SOON = '2026-01-01T00:00:59Z';
const LATER = '2026-01-01T00:01:00Z';
const ENDED = '2026-01-01T00:00:50Z';

function object(kind: string, status: unknown): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'digits-t1', creationTimestamp: CREATED }, status };
}

function condition(type: string, status: 'True' | 'False', reason: string, message = ''): unknown {
  return { type, status, reason, message, lastTransitionTime: ENDED };
}

const trainJob = (...conditions: readonly unknown[]): KubeObject => object('TrainJob', { conditions });
const jobSet = (status: unknown = {}): KubeObject => object('JobSet', status);
const refusal = (message: string, second = 1): KubeObject => ({
  ...object('Event', undefined),
  reason: 'TrainJobResourcesCreationFailed',
  message,
  lastTimestamp: `2026-01-01T00:00:0${second}Z`,
});

const failedJobs = condition('Failed', 'True', 'FailedJobs', 'jobset failed');
const failed = { kind: 'failed', reason: 'FailedJobs', message: 'jobset failed', at: ENDED };

describe('what a TrainJob and its JobSet say together', () => {
  it.each([
    ['no condition and no JobSet: not yet begun', trainJob(), null, [], LATER, { kind: 'unborn', refusal: null }],
    [
      'no status at all: not yet begun',
      object('TrainJob', undefined),
      null,
      [],
      LATER,
      { kind: 'unborn', refusal: null },
    ],
    [
      'a refused JobSet is tried again for a minute',
      trainJob(),
      null,
      [refusal('name too long')],
      SOON,
      { kind: 'unborn', refusal: 'name too long' },
    ],
    [
      'a JobSet refused for a minute never comes, which only an event says',
      trainJob(),
      null,
      [refusal('name too long', 2), refusal('first', 1)],
      LATER,
      { kind: 'refused', message: 'name too long' },
    ],
    [
      'a refusal that was overcome does not count',
      trainJob(),
      jobSet(),
      [refusal('x')],
      LATER,
      { kind: 'live', restarts: 0 },
    ],
    ['a JobSet and no condition: live', trainJob(), jobSet(), [], LATER, { kind: 'live', restarts: 0 }],
    [
      'restarts of the JobSet are counted',
      trainJob(),
      jobSet({ restarts: 2 }),
      [],
      LATER,
      { kind: 'live', restarts: 2 },
    ],
    ['suspended', trainJob(condition('Suspended', 'True', 'Suspended')), jobSet(), [], LATER, { kind: 'suspended' }],
    [
      'resumed: live again',
      trainJob(condition('Suspended', 'False', 'Resumed')),
      jobSet(),
      [],
      LATER,
      { kind: 'live', restarts: 0 },
    ],
    [
      'complete, though its JobSet has been cleaned up',
      trainJob(condition('Suspended', 'False', 'Resumed'), condition('Complete', 'True', 'AllJobsCompleted')),
      null,
      [],
      LATER,
      { kind: 'succeeded', at: ENDED },
    ],
    ['failed, as its JobSet confirms', trainJob(failedJobs), jobSet({ terminalState: 'Failed' }), [], LATER, failed],
    ['failed, though its JobSet has been cleaned up', trainJob(failedJobs), null, [], LATER, failed],
    [
      'a Failed that its JobSet does not confirm is not believed',
      trainJob(failedJobs),
      jobSet({ terminalState: '' }),
      [],
      LATER,
      { kind: 'live', restarts: 0 },
    ],
    [
      'a Failed that was taken back, while its JobSet stays failed, still holds',
      trainJob(condition('Failed', 'False', 'FailedJobs')),
      jobSet({ terminalState: 'Failed', conditions: [failedJobs] }),
      [],
      LATER,
      failed,
    ],
    [
      'a deadline deletes the JobSet, so that nobody confirms it',
      trainJob(condition('Failed', 'True', 'DeadlineExceeded', 'too long')),
      jobSet(),
      [],
      LATER,
      { kind: 'failed', reason: 'DeadlineExceeded', message: 'too long', at: ENDED },
    ],
    [
      'an unknown runtime never has a JobSet',
      trainJob(condition('Failed', 'True', 'TrainingRuntimeNotSupported', 'gone')),
      null,
      [],
      SOON,
      { kind: 'failed', reason: 'TrainingRuntimeNotSupported', message: 'gone', at: ENDED },
    ],
  ])('%s', (_claim, job, set, events, now, state) => {
    expect(trainJobState(job, set, events, now)).toEqual(state);
  });
});
