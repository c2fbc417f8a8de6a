import { describe, expect, it } from 'vitest';
import { RESUMES, suspendByCommand } from '../../../../backends/volcano/suspend.ts';
import type { KubeObject, SuspendStep } from '../../../../domain/cluster-job.ts';

function vcjob(phase: string, retryCount = 0, maxRetry = 1 + RESUMES): KubeObject {
  return {
    apiVersion: 'batch.volcano.sh/v1alpha1',
    kind: 'Job',
    metadata: { name: 'digits-abcdefgh-t1', namespace: 'ml', uid: 'u1' },
    spec: { maxRetry },
    status: { state: { phase }, retryCount },
  };
}

/** What is done, in a word. */
function word(step: SuspendStep): string {
  return step.kind === 'ask' ? String(step.object['action']) : step.kind;
}

describe('a job of Volcano', () => {
  it.each([
    ['Pending', 'AbortJob', 'done'],
    ['Running', 'AbortJob', 'done'],
    ['Restarting', 'AbortJob', 'done'],
    ['Aborting', 'done', 'ResumeJob'],
    ['Aborted', 'done', 'ResumeJob'],
    ['Completing', 'refused', 'refused'],
    ['Completed', 'refused', 'refused'],
    ['Terminating', 'refused', 'refused'],
    ['Failed', 'refused', 'refused'],
  ])('that is %s is suspended by %s, and resumed by %s', (phase, suspending, resuming) => {
    expect(word(suspendByCommand(vcjob(phase), true))).toBe(suspending);
    expect(word(suspendByCommand(vcjob(phase), false))).toBe(resuming);
  });

  it('is asked by a Command that goes with it and has one name for each wish', () => {
    const step = suspendByCommand(vcjob('Running'), true);
    const target = { apiVersion: 'batch.volcano.sh/v1alpha1', kind: 'Job', name: 'digits-abcdefgh-t1', uid: 'u1' };
    expect(step).toEqual({
      kind: 'ask',
      object: {
        apiVersion: 'bus.volcano.sh/v1alpha1',
        kind: 'Command',
        metadata: {
          name: 'digits-abcdefgh-t1-abortjob',
          namespace: 'ml',
          ownerReferences: [{ ...target, controller: true }],
        },
        action: 'AbortJob',
        target: { ...target, controller: true },
      },
    });
  });

  it('is not suspended when Volcano would fail it on its resume', () => {
    expect(word(suspendByCommand(vcjob('Running', 0, 1), true))).toBe('refused');
    expect(word(suspendByCommand(vcjob('Running', RESUMES, 1 + RESUMES), true))).toBe('refused');
    expect(word(suspendByCommand(vcjob('Running', RESUMES - 1, 1 + RESUMES), true))).toBe('AbortJob');
    // What stands still is let go all the same: it can only end.
    expect(word(suspendByCommand(vcjob('Aborted', RESUMES, 1 + RESUMES), false))).toBe('ResumeJob');
  });
});
