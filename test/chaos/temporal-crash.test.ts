import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startDevServer } from '../../adapters/temporal/dev-server.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { until } from '../support/until.ts';
import { makeWorld, type World } from '../support/world.ts';

let env: TemporalEnv | null = null;
let world: World | null = null;
afterEach(async () => {
  await world?.close();
  await env?.stop();
});

describe('a Temporal server that is killed while a job trains', () => {
  it('comes back on its file, and the run ends with the one job it had', async () => {
    env = await startTemporal();
    const { address, directory, server } = env;
    world = makeWorld({ address, taskQueue: `temporal-${randomUUID()}`, trainSeconds: 12 });
    await world.startWorker();
    const sdk = await world.sdk();
    const run = await sdk.start(world.spec());
    const starts = join(world.workspace, 'runs', run.runId, 'output', 'starts');
    await until(() => readFileSync(starts, 'utf8').length > 0);

    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    const again = await startDevServer({
      program: env.program,
      database: join(directory, 'temporal.db'),
      log: join(directory, 'temporal.log'),
      port: Number(address.split(':')[1]),
      uiPort: null,
      ui: false,
    });
    try {
      const view = await sdk.result(run.runId, { signal: AbortSignal.timeout(150_000) });
      expect(view.status).toBe('succeeded');
      expect(view.stages.find((stage) => stage.name === 'train')?.attempts).toBe(1);
      expect(readFileSync(starts, 'utf8').trim().split('\n')).toHaveLength(1);
      await world.close();
      world = null;
    } finally {
      await again.stop();
    }
  });
});
