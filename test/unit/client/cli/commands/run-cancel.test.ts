import { describe, expect, it, vi } from 'vitest';
import { run } from '../../../../../client/cli/commands/run-cancel.ts';
import type { RunView } from '../../../../../domain/run-state.ts';
import { fakeContext, input, watching } from '../fake-context.ts';
import { runView } from '../run-view.ts';

const ID = 'run-digits-a2b3c4';

function cancelling(...views: readonly RunView[]) {
  const cancel = vi.fn(async () => undefined);
  return { cancel, sdk: { cancel, get: async () => runView(), watch: watching(...views) } };
}

describe('run cancel', () => {
  it('asks first, and names the flag where nobody can be asked', async () => {
    const { context } = fakeContext({ sdk: cancelling().sdk });
    await expect(run(context, input([ID]))).rejects.toMatchObject({
      code: 'TY_CLI_USAGE',
      details: { fix: `trainyard run cancel ${ID} --yes` },
    });
  });

  it('waits until the run has ended and ends with 0', async () => {
    const { cancel, sdk } = cancelling(runView({ status: 'cancelling' }), runView({ status: 'cancelled' }));
    const { context, out } = fakeContext({ sdk, yes: true });
    expect(await run(context, input([ID], { reason: 'wrong data' }))).toBe(0);
    expect(cancel).toHaveBeenCalledWith(ID, { reason: 'wrong data' });
    expect(out()).toContain('cancelled');
  });

  it('lists what could not be removed and ends with 1', async () => {
    const { sdk } = cancelling(runView({ status: 'cancelled', leftovers: ['job digits-t1'] }));
    const { context, err } = fakeContext({ sdk, yes: true });
    expect(await run(context, input([ID]))).toBe(1);
    expect(err()).toContain('job digits-t1');
  });

  it('does not wait for the grace with --force, nor when it is the second cancel', async () => {
    const first = cancelling(runView({ status: 'running' }), runView({ status: 'cancelled' }));
    const get = async () => runView({ status: 'running' });
    await run(fakeContext({ sdk: { ...first.sdk, get }, yes: true }).context, input([ID], { force: true }));
    expect(first.cancel).toHaveBeenCalledWith(ID, { force: true });
    const second = cancelling(runView({ status: 'cancelled' }));
    const before = async () => runView({ status: 'cancelling' });
    const { context, err } = fakeContext({ sdk: { ...second.sdk, get: before }, yes: true });
    await run(context, input([ID]));
    expect(second.cancel).toHaveBeenCalledWith(ID, { force: true });
    expect(err()).toContain('not to wait for the grace');
  });

  it('asks nothing of a run that has ended', async () => {
    const { cancel, sdk } = cancelling();
    const { context, err } = fakeContext({
      sdk: { ...sdk, get: async () => runView({ status: 'failed' }) },
      yes: true,
    });
    expect(await run(context, input([ID]))).toBe(0);
    expect(cancel).not.toHaveBeenCalled();
    expect(err()).toContain('had ended already');
  });
});
