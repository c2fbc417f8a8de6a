import { describe, expect, it } from 'vitest';
import type { ClusterJobPlan, PodPlan } from '../../../domain/pod-plan.ts';
import { acceleratorsOf, attemptCost } from '../../../domain/lost-time.ts';
import type { AttemptFacts } from '../../../domain/lost-time.ts';
import { rolePlan } from '../../support/job-request.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

/** A failed attempt that ran from second 10 to second 70 on four accelerators. */
function facts(changes: Partial<AttemptFacts> = {}): AttemptFacts {
  const checkpointAt = at(40);
  return { phase: 'failed', startedAt: at(10), finishedAt: at(70), checkpointAt, accelerators: 4, ...changes };
}

describe('what an attempt cost', () => {
  it('is lost from the last checkpoint to the end, times the accelerators', () => {
    expect(attemptCost(facts())).toEqual({ acceleratorSeconds: 240, lostSeconds: 30, lostAcceleratorSeconds: 120 });
  });

  it.each([
    ['without a checkpoint', facts({ checkpointAt: null })],
    ['with a checkpoint from before the attempt', facts({ checkpointAt: at(3) })],
  ])('is lost from the start %s', (_what, given) => {
    expect(attemptCost(given)).toMatchObject({ lostSeconds: 60, lostAcceleratorSeconds: 240 });
  });

  it('is never less than nothing, when the clock of the files runs ahead', () => {
    expect(attemptCost(facts({ checkpointAt: at(90) })).lostSeconds).toBe(0);
  });

  it.each(['succeeded', 'cancelled'] as const)('is not lost when the attempt %s', (phase) => {
    expect(attemptCost(facts({ phase }))).toEqual({
      acceleratorSeconds: 240,
      lostSeconds: 0,
      lostAcceleratorSeconds: 0,
    });
  });

  it.each([
    ['never began', facts({ startedAt: null })],
    ['nobody saw end', facts({ finishedAt: null })],
  ])('is nothing for an attempt that %s', (_what, given) => {
    expect(attemptCost(given)).toEqual({ acceleratorSeconds: 0, lostSeconds: 0, lostAcceleratorSeconds: 0 });
  });

  it('is told in tenths, so that sums stay exact', () => {
    const given = facts({ checkpointAt: null, finishedAt: new Date(Date.parse(at(10)) + 1260).toISOString() });
    expect(attemptCost(given)).toEqual({ acceleratorSeconds: 5.2, lostSeconds: 1.3, lostAcceleratorSeconds: 5.2 });
  });
});

describe('accelerators of a job', () => {
  const nvidia = (count: number | null) => [{ profile: 'nvidia', count, cores: null, memoryBytes: null }];
  const cluster = (roles: ClusterJobPlan['options']['roles'], count: number | null): ClusterJobPlan => {
    const pod = { accelerators: nvidia(count) } as unknown as PodPlan;
    return { kind: 'volcano', options: { pod, roles, backend: {} } };
  };
  const terms = { main: false, minSucceeded: null, maxFailed: 0 };

  it('are those of all replicas', () => {
    const roles = [{ ...rolePlan(['true']), replicas: 3 }];
    expect(acceleratorsOf({ roles, cluster: cluster({}, 8) })).toBe(24);
  });

  it('are those of the role where it has its own', () => {
    const roles = [
      { ...rolePlan(['true']), name: 'worker', replicas: 2 },
      { ...rolePlan(['true']), name: 'ps', replicas: 5 },
    ];
    expect(acceleratorsOf({ roles, cluster: cluster({ ps: { ...terms, pod: { accelerators: [] } } }, 4) })).toBe(8);
  });

  it('are one for a share of a device, and none where none was asked for', () => {
    const roles = [rolePlan(['true'])];
    const share = [{ profile: 'hami', count: null, cores: 30, memoryBytes: null }];
    const shared = { ...terms, pod: { accelerators: share } };
    expect(acceleratorsOf({ roles, cluster: cluster({ train: shared }, null) })).toBe(1);
    expect(acceleratorsOf({ roles, cluster: cluster({}, null) })).toBe(0);
  });

  it('are none on this machine', () => {
    expect(acceleratorsOf({ roles: [rolePlan(['true'])] })).toBe(0);
  });
});
