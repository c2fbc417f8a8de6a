import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFileCredentials } from '../../adapters/credentials/file-credentials.ts';
import { locateTools } from '../../adapters/tools/locate.ts';
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

/** Of the worker that is up, not of a run. */
const DISPATCHER = 'workspace/outbox/.lease';

/** Lock and half-written files below the workspace and in the repositories. */
function remains(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /(\.lock|\.tmp-[^/]*|\.lease)$/.test(path) && path !== DISPATCHER,
  );
}

async function cancelIn(
  stage: Stage,
  hang: RegExp | null,
  annotate: (text: string) => Promise<unknown>,
): Promise<void> {
  const taskQueue = `cancel-${randomUUID()}`;
  const world: World = makeWorld({ address: env.address, taskQueue, trainSeconds: stage === 'train' ? 600 : 0 });
  const server = await serve(world);
  if (hang !== null) server.faults.add({ match: hang, action: { kind: 'hang' } });
  try {
    const python = stage === 'register' ? { TRAINYARD_PYTHON: slowServerPython(world) } : {};
    await world.startWorker({ TRAINYARD_GIT_ALLOW: server.host, ...python });
    const sdk = await world.sdk();
    const slow = { package: { kind: 'torchscript', command: ['sleep', '600'] } };
    const run = await sdk.start(world.spec({ ...remotes(server), ...(stage === 'package' ? slow : {}) }));
    await until(async () => (await sdk.get(run.runId)).stage === stage);
    if (hang !== null) await until(() => server.faults.hits() > 0);
    else await until(() => world.processes().length > 0);
    const asked = performance.now();
    await sdk.cancel(run.runId, { reason: 'test' });
    const view = await sdk.result(run.runId, { signal: AbortSignal.timeout(60_000) });
    await annotate(`${stage} ended ${((performance.now() - asked) / 1000).toFixed(1)} s after the cancel`);
    expect(view.status).toBe('cancelled');
    expect(view.leftovers).toEqual([]);
    expect(world.processes()).toEqual([]);
    expect(remains(world.folder)).toEqual([]);
    const branches = git(fileURLToPath(world.output), 'for-each-ref', '--format=%(refname)');
    // A pushed branch is the commit point: it stays.
    expect(branches === '').toBe(stage !== 'register');
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

/** The site's Python, but an inference server that it is to run never comes up. */
function slowServerPython(world: World): string {
  const { python } = locateTools(process.env);
  const folder = join(world.folder, 'bin');
  mkdirSync(folder);
  const path = join(folder, 'python3');
  const text = ['#!/bin/sh', 'case "$*" in *local_server.py*) exec sleep 600;; esac', `exec "${python}" "$@"`, ''];
  writeFileSync(path, text.join('\n'), { mode: 0o755 });
  return path;
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
  it.concurrent.for(PLACES)(
    'in %s ends the run with no process, no half branch and no lock',
    ([stage, hang], context) => cancelIn(stage, hang, (text) => context.annotate(text)),
  );
});
