import { describe, expect, it } from 'vitest';
import { CLUSTER_BACKENDS as KINDS } from '../../../domain/pod-plan.ts';
import { initialView, reduce } from '../../../domain/run-reducer.ts';
import { canSuspend, suspendRefusal, wrongWithSuspend } from '../../../domain/suspend.ts';
import type { SuspendRequest } from '../../../domain/suspend.ts';
import { CLUSTER_BACKENDS } from '../../../worker/site-ports.ts';

describe('a request to suspend', () => {
  it.each([
    [{ action: 'suspend' }, null],
    [{ action: 'resume', by: '李' }, null],
    [{ action: 'pause' }, /use suspend or resume/],
    [{ action: 'suspend', by: '' }, /one line/],
    [{ action: 'suspend', by: 'a\nb' }, /one line/],
    [{ action: 'suspend', by: 'x'.repeat(101) }, /one line/],
    [{ action: 'suspend', by: 7 }, /one line/],
  ] as const)('%j is answered with %s', (request, said) => {
    const wrong = wrongWithSuspend(request as unknown as SuspendRequest);
    if (said === null) expect(wrong).toBeNull();
    else expect(wrong).toMatch(said);
  });

  it('is refused by the backends that have no way to it, with what to do instead', () => {
    expect(KINDS.filter((kind) => canSuspend(kind))).toEqual(
      KINDS.filter((kind) => CLUSTER_BACKENDS[kind].suspend !== undefined),
    );
    expect(canSuspend('local')).toBe(false);
    for (const kind of ['local', 'paddlejob']) {
      expect(suspendRefusal(kind)).toMatchObject({ code: 'TY_BACKEND_SUSPEND', details: { why: expect.any(String) } });
    }
  });
});

describe('the view of a run', () => {
  const running = initialView('run-digits-1', '2026-01-01T00:00:00Z');

  it('is suspended with its job, and no longer once that goes on or ends', () => {
    const suspended = reduce(running, { type: 'suspended' });
    expect(suspended.status).toBe('suspended');
    expect(reduce(suspended, { type: 'continued' }).status).toBe('running');
    expect(reduce(suspended, { type: 'cancelling' }).status).toBe('cancelling');
    expect(reduce(reduce(suspended, { type: 'cancelling' }), { type: 'continued' }).status).toBe('cancelling');
  });
});
