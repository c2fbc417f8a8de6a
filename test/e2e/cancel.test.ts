import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFileCredentials } from '../../adapters/credentials/file-credentials.ts';
import type { Stage } from '../../domain/stage.ts';
import { type GitServer, startGitServer } from '../support/git-server/server.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { until } from '../support/until.ts';
import { makeWorld, type World } from '../support/world.ts';
import { git } from '../support/world-repos.ts';

let env: TemporalEnv;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.stop());

/**
 * Every stage, met in the act: where the world is quick, the Git server stops answering requests of this kind.
 */
const PLACES: readonly (readonly [stage: Stage, hang: RegExp | null])[] = [
  ['resolve', /dataset\.git\/info\/refs/],
  ['fetch', /dataset\.git\/info\/lfs/],
  ['train', null],
  ['package', null],
  ['push', /output\.git\/info\/lfs/],
  ['register', null],
];

/** Lock and half-written files below the workspace and in the repositories. */
function remains(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(\.lock|\.tmp-[^/]*|\.lease)$/.test(path),
  );
}

async function cancelIn(stage: Stage, hang: RegExp | null): Promise<void> {
  const taskQueue = `cancel-${randomUUID()}`;
  const world: World = makeWorld({ address: env.address, taskQueue, trainSeconds: stage === 'train' ? 600 : 0 });
  const server = await serve(world);
  if (hang !== null) server.faults.add({ match: hang, action: { kind: 'hang' } });
  try {
    await world.startWorker({ TRAINYARD_GIT_ALLOW: server.host });
    const sdk = await world.sdk();
    const slow = { package: { kind: 'torchscript', command: ['sleep', '600'] } };
    const run = await sdk.start(world.spec({ ...remotes(server), ...(stage === 'package' ? slow : {}) }));
    await until(async () => (await sdk.get(run.runId)).stage === stage);
    if (hang !== null) await until(() => server.seen.some((one) => hang.test(one.path)));
    else await until(() => world.processes().length > 0);
    await sdk.cancel(run.runId, { reason: 'test' });
    const view = await sdk.result(run.runId, { signal: AbortSignal.timeout(60_000) });
    expect(view.status).toBe('cancelled');
    expect(view.leftovers).toEqual([]);
    expect(world.processes()).toEqual([]);
    expect(remains(world.folder)).toEqual([]);
    const branches = git(fileURLToPath(world.output), 'for-each-ref', '--format=%(refname)');
    expect(branches === '' || stage === 'register').toBe(true);
  } finally {
    await world.close();
    await server.stop();
  }
}

/** The world's repositories over HTTP, with a token that may do everything. */
async function serve(world: World): Promise<GitServer> {
  const access = { model: 'read', dataset: 'read', output: 'write' } as const;
  const server = await startGitServer({
    root: join(world.folder, 'repos'),
    users: [{ name: 'ci', token: 'token-of-the-cancel-test', access }],
  });
  const credentials = createFileCredentials({ folder: join(world.folder, '.config', 'trainyard') });
  await credentials.set({ name: 'ci', host: server.host, username: 'ci' }, 'token-of-the-cancel-test');
  return server;
}

function remotes(server: GitServer): Record<string, unknown> {
  return {
    model: { repo: server.url('model') },
    dataset: { repo: server.url('dataset') },
    output: { repo: server.url('output'), branch: 'result-{run}' },
    credentials: 'ci',
  };
}

describe('a cancel', () => {
  it.concurrent.each(PLACES)('in %s ends the run with no process, no half branch and no lock', cancelIn);
});
