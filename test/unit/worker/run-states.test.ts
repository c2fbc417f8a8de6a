import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { createRunStates } from '../../../worker/run-states.ts';

/** A server that says this of every run. */
function isOver(status: string | Error): Promise<boolean> {
  const describeRun = async (): Promise<unknown> => {
    if (typeof status !== 'string') throw status;
    return { status: { name: status } };
  };
  const client = { workflow: { getHandle: () => ({ describe: describeRun }) } } as unknown as Client;
  return createRunStates(client).isOver('run-digits-1');
}

describe('a run is over', () => {
  it.each(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'])(
    'when the server calls it %s',
    async (name) => {
      expect(await isOver(name)).toBe(true);
    },
  );

  it.each(['RUNNING', 'CONTINUED_AS_NEW', 'PAUSED'])('not when the server calls it %s', async (name) => {
    expect(await isOver(name)).toBe(false);
  });

  it('not when this server does not know it, and nobody knows when the server does not answer', async () => {
    expect(await isOver(new WorkflowNotFoundError('not found', 'run-digits-1', undefined))).toBe(false);
    await expect(isOver(new Error('unreachable'))).rejects.toThrow('unreachable');
  });
});
