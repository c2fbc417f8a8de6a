import { userInfo } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { run as resume } from '../../../../../client/cli/commands/run-resume.ts';
import { run as suspend } from '../../../../../client/cli/commands/run-suspend.ts';
import { TrainyardError } from '../../../../../domain/errors.ts';
import { fakeContext, input } from '../fake-context.ts';

const ID = 'run-digits-a2b3c4';

describe('run suspend', () => {
  it('asks first: what a job has not saved is lost', async () => {
    const sdk = { suspend: vi.fn(async () => 'suspended' as const) };
    await expect(suspend(fakeContext({ sdk }).context, input([ID]))).rejects.toMatchObject({
      code: 'TY_CLI_USAGE',
      details: { fix: `trainyard run suspend ${ID} --yes` },
    });
    expect(sdk.suspend).not.toHaveBeenCalled();
  });

  it('says who asks, and how the run goes on again', async () => {
    const sdk = { suspend: vi.fn(async () => 'suspended' as const) };
    const { context, out } = fakeContext({ sdk, yes: true });
    expect(await suspend(context, input([ID], { by: 'lin' }))).toBe(0);
    expect(sdk.suspend).toHaveBeenCalledWith(ID, { by: 'lin' });
    expect(out()).toContain(`trainyard run resume ${ID}`);
    await suspend(context, input([ID]));
    expect(sdk.suspend).toHaveBeenLastCalledWith(ID, { by: userInfo().username });
  });

  it('gives on what the run refuses', async () => {
    const refusal = new TrainyardError('TY_BACKEND_SUSPEND', 'jobs of the backend local cannot be suspended');
    const { context } = fakeContext({ sdk: { suspend: () => Promise.reject(refusal) }, yes: true });
    await expect(suspend(context, input([ID]))).rejects.toBe(refusal);
  });
});

describe('run resume', () => {
  it('asks nothing', async () => {
    const sdk = { resume: vi.fn(async () => 'running' as const) };
    const { context, out } = fakeContext({ sdk });
    expect(await resume(context, input([ID], { by: 'lin' }))).toBe(0);
    expect(sdk.resume).toHaveBeenCalledWith(ID, { by: 'lin' });
    expect(out()).toContain('goes on');
  });
});
