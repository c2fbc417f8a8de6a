import { describe, expect, it } from 'vitest';
import { suspendBySwitch } from '../../../../backends/shared/suspend.ts';
import type { KubeObject } from '../../../../domain/cluster-job.ts';

function job(spec: object, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'digits-abcdefgh-t1', labels }, spec };
}

describe('a job with a switch of its own', () => {
  it.each([
    [{}, true, { kind: 'patch', body: { spec: { suspend: true } } }],
    [{ suspend: false }, true, { kind: 'patch', body: { spec: { suspend: true } } }],
    [{ suspend: true }, true, { kind: 'done' }],
    [{ suspend: true }, false, { kind: 'patch', body: { spec: { suspend: false } } }],
    [{ suspend: false }, false, { kind: 'done' }],
    [{}, false, { kind: 'done' }],
  ])('%j is brought to %s', (spec, suspended, step) => {
    expect(suspendBySwitch(job(spec), suspended)).toEqual(step);
  });

  it('is left to Kueue where it has a queue of Kueue, whichever way the switch stands', () => {
    for (const suspend of [true, false]) {
      const step = suspendBySwitch(job({ suspend }, { 'kueue.x-k8s.io/queue-name': 'ml' }), true);
      expect(step).toEqual({ kind: 'refused', why: expect.stringContaining('ml') });
    }
  });
});
