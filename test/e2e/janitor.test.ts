import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { janitorIds } from '../../domain/janitor.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { makeWorld, type World } from '../support/world.ts';

let env: TemporalEnv;
let world: World;
beforeAll(async () => {
  env = await startTemporal();
  world = makeWorld({ address: env.address, taskQueue: 'janitor-e2e' });
}, 60_000);
afterAll(async () => {
  await world.close();
  await env.stop();
});

describe('a run that is terminated in Temporal', () => {
  it('leaves a job, which the janitor of its site ends', { timeout: 180_000 }, async () => {
    await world.startWorker();
    const sdk = await world.sdk();
    const { runId } = await sdk.start(world.spec({ recipe: { kind: 'command', command: ['sleep', '600'] } }));
    await vi.waitFor(() => expect(world.processes().length).toBeGreaterThan(0), { timeout: 60_000 });
    await env.client.workflow.getHandle(runId).terminate('by hand');
    await env.client.schedule.getHandle(janitorIds('janitor-e2e').schedule).trigger();
    await vi.waitFor(() => expect(world.processes()).toEqual([]), { timeout: 90_000 });
    expect((await sdk.list()).map((one) => one.runId)).toEqual([runId]);
  });
});
