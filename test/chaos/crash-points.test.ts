import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askService } from '../../client/v2-infer.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { makeWorld, type World } from '../support/world.ts';
import { git } from '../support/world-repos.ts';

/** Where the worker is ended with SIGKILL: in each stage, and just before and after each outside effect. */
const POINTS = [
  'resolve.before-record',
  'resolve.after-record',
  'fetch.before-rename',
  'fetch.after-rename',
  'job.before-spawn',
  'job.after-spawn',
  'job.before-spawn:2',
  'job.after-spawn:2',
  'job.awaiting',
  'push.before',
  'push.lfs-uploaded',
  'push.after',
  'serve.before-spawn',
  'serve.after-spawn',
  'serve.after-ready',
  'conclude.before',
];

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

/** One run whose worker dies at the point; a second worker brings it to its end. */
async function survive(point: string): Promise<void> {
  const world = makeWorld({ address: env.address, taskQueue: `crash-${point}` });
  try {
    const first = await world.startWorker({ TRAINYARD_TEST_CRASH: point });
    const sdk = await world.sdk();
    const run = await sdk.start(world.spec());
    const death = await first.ended;
    expect(death.signal, `${point} was never reached:\n${first.lines.join('\n')}`).toBe('SIGKILL');
    await world.startWorker();
    const view = await sdk.result(run.runId, { signal: AbortSignal.timeout(150_000) });
    expect(view.error).toBeNull();
    expect(view.status).toBe('succeeded');
    await expectOneOfEach(world, run.runId);
  } finally {
    await world.close();
  }
}

async function expectOneOfEach(world: World, runId: string): Promise<void> {
  const starts = readFileSync(join(world.workspace, 'runs', runId, 'output', 'starts'), 'utf8');
  expect(starts.trim().split('\n'), 'one training process').toHaveLength(1);
  const bare = fileURLToPath(world.output);
  const branches = git(bare, 'for-each-ref', '--format=%(refname:short)').split('\n');
  expect(branches).toEqual([`result-${runId}`]);
  expect(git(bare, 'rev-list', '--count', '--all')).toBe('1');
  expect(git(bare, 'rev-parse', `result-${runId}`)).toBe(world.record(runId).commit);
  expect(world.processes().map((one) => one.command)).toEqual([expect.stringContaining('local_server.py')]);
  const { service } = world.record(runId);
  expect(await askService(service?.url ?? '', 'world', [1, 2, 3, 4])).toHaveLength(2);
}

describe('a worker that is killed', () => {
  it.concurrent.each(POINTS)('at %s loses nothing and does nothing twice', async (point) => {
    await survive(point);
  });
});
