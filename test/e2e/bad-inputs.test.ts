import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateTools } from '../../adapters/tools/locate.ts';
import { connect, type Trainyard } from '../../client/index.ts';
import type { RunView } from '../../domain/run-state.ts';
import { BAD_RUNS, type BadRun, type Place } from '../support/bad-runs.ts';
import { startForge } from '../support/forge.ts';
import { makeCertificate } from '../support/git-server/certificate.ts';
import { type GitServer, startGitServer } from '../support/git-server/server.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { makeWorld, type World } from '../support/world.ts';

const TOKEN = 'token-of-the-bad-inputs';
const READER = 'token-that-may-only-read';
const PEBIBYTE = 2 ** 50;

let env: TemporalEnv;
let world: World;
let sdk: Trainyard;
let place: Place;
let listener: Server;
let secure: GitServer;

beforeAll(async () => {
  env = await startTemporal();
  world = makeWorld({ address: env.address, taskQueue: 'bad-inputs', trainSeconds: 0 });
  const forge = await startForge(world, [
    { name: 'bot', token: TOKEN, access: { '*': 'write' } },
    { name: 'reader', token: READER, access: { '*': 'read' } },
  ]);
  listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  secure = await startGitServer({
    root: join(world.folder, 'repos'),
    open: ['model'],
    tls: makeCertificate(world.folder),
  });
  place = { world, forge, takenPort: (listener.address() as AddressInfo).port, untrusted: secure.url('model') };
  makeRepositories();
  await storeCredentials();
  await world.startWorker(forge.env);
  sdk = await world.sdk();
});

afterAll(async () => {
  await world.close();
  await place.forge.server.stop();
  await secure.stop();
  listener.close();
  await env.stop();
});

function makeRepositories(): void {
  const { forge } = place;
  const { make } = forge;
  make('scripts', {
    'hang.py': 'import time\ntime.sleep(600)\n',
    'third.py': 'import os, sys, time\nif os.environ["RANK"] == "1": sys.exit(3)\ntime.sleep(600)\n',
  });
  make('empty');
  make('results');
  make('holes', { 'data.bin': { lfs: 'never uploaded', missing: true } });
  make('leaving', { 'way-out': { link: '../../etc/passwd' } });
  make('huge', {
    'data.bin': `version https://git-lfs.github.com/spec/v1\noid sha256:${'ab'.repeat(32)}\nsize ${PEBIBYTE}\n`,
  });
  make('protected');
  const hooks = join(forge.bare('protected'), 'hooks');
  mkdirSync(hooks, { recursive: true });
  writeFileSync(join(hooks, 'pre-receive'), '#!/bin/sh\necho "protected by policy 7" >&2\nexit 1\n');
  chmodSync(join(hooks, 'pre-receive'), 0o755);
  make('crammed');
  forge.server.faults.add({ match: /^PUT \/crammed\.git/, action: { kind: 'status', status: 507 } });
  forge.server.faults.add({
    match: /\/moved\.git/,
    action: { kind: 'redirect', to: 'http://localhost:9/moved.git/info/refs' },
  });
  forge.server.faults.add({ match: /\/down\.git/, action: { kind: 'status', status: 503 } });
}

async function storeCredentials(): Promise<void> {
  const { credentials, server } = place.forge;
  const { host } = server;
  await credentials.set({ name: 'forge', host, username: 'bot' }, TOKEN);
  await credentials.set({ name: 'reader', host, username: 'reader' }, READER);
  await credentials.set({ name: 'wrong', host, username: 'bot' }, 'not-the-token');
  await credentials.set({ name: 'elsewhere', host: 'git.example', username: 'bot' }, TOKEN);
  await credentials.set({ name: 'careless', host, username: 'bot' }, TOKEN);
  chmodSync((await credentials.find('careless')).path, 0o644);
}

/** Until it has ended or waits for a person. */
async function settled(trainyard: Trainyard, runId: string): Promise<RunView> {
  const signal = AbortSignal.timeout(240_000);
  let last: RunView | null = null;
  for await (const view of trainyard.watch(runId, { signal })) {
    last = view;
    if (view.status === 'parked') break;
  }
  if (last === null || signal.aborted) throw new Error(`${runId} neither ended nor parked: ${JSON.stringify(last)}`);
  return last;
}

/** Processes that name the run, or a folder of it, in their environment or arguments. */
function processesOf(runId: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => `${readQuietly(`/proc/${pid}/cmdline`)} ${readQuietly(`/proc/${pid}/environ`)}`)
    .filter((text) => text.includes(runId));
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function expectReport(view: RunView, row: Pick<BadRun, 'code' | 'stage' | 'says' | 'ends'>): void {
  const { error } = view;
  expect({ status: view.status, stage: view.stage, code: error?.code }, JSON.stringify(error, null, 2)).toEqual({
    status: row.ends,
    stage: row.stage,
    code: row.code,
  });
  expect(`${error?.where ?? ''}; ${error?.message ?? ''}`).toMatch(row.says);
}

describe('a run that cannot succeed', () => {
  it.concurrent.each(BAD_RUNS)('$claim: $code in $stage, and no process is left', async (row) => {
    const { runId } = await sdk.start(world.spec(row.changes(place)));
    const view = await settled(sdk, runId);
    expectReport(view, row);
    expect(processesOf(runId)).toEqual([]);
    if (row.ends === 'failed') return;
    await sdk.repair(runId, { action: 'abort' });
    const end = await sdk.result(runId, { signal: AbortSignal.timeout(60_000) });
    expect({ status: end.status, code: end.error?.code }).toEqual({ status: 'failed', code: 'TY_RUN_ABORTED' });
  });

  it('a server that does not answer is asked again, and the reason can be seen', async () => {
    const { runId } = await sdk.start(
      world.spec({ model: { repo: place.forge.server.url('down'), credentials: 'forge' } }),
    );
    const handle = env.client.workflow.getHandle(runId);
    let seen: string | null | undefined;
    while (seen === undefined || seen === null) {
      await sleep(200);
      const [pending] = (await handle.describe()).raw.pendingActivities ?? [];
      seen = pending?.lastFailure?.applicationFailureInfo?.type;
    }
    expect(seen).toBe('TY_GIT_UNREACHABLE');
    await sdk.cancel(runId);
    const end = await sdk.result(runId, { signal: AbortSignal.timeout(60_000) });
    expect(end.status).toBe('cancelled');
    expect(processesOf(runId)).toEqual([]);
  });

  it('a workflow id that was used before is refused, by the library and by the run itself', async () => {
    const workflowId = 'used-before';
    const bad = world.spec({
      recipe: { kind: 'command', command: ['true'] },
      package: null,
      evaluate: null,
      serve: null,
      output: null,
    });
    await sdk.start(bad, { workflowId });
    await expect(env.client.workflow.result(workflowId)).rejects.toMatchObject({
      cause: { type: 'TY_TRAIN_NO_OUTPUT' },
    });
    await expect(sdk.start(bad, { workflowId })).rejects.toMatchObject({ code: 'TY_RUN_EXISTS' });
    // Any other client of Temporal may use an id again; the run's folder tells that it has been there.
    await env.client.workflow.start('trainingRun', { workflowId, taskQueue: 'bad-inputs', args: [bad] });
    expectReport(await settled(sdk, workflowId), {
      code: 'TY_RUN_EXISTS',
      stage: 'resolve',
      says: /used-before/,
      ends: 'failed',
    });
  });

  it('nothing of all this is left running', () => {
    expect(world.processes()).toEqual([]);
    const left = processesOf(`${world.workspace}/`);
    expect(left.filter((one) => !one.includes('--standby'))).toEqual([]);
    // The worker keeps one supervisor ready; those that had a job have ended with it.
    expect(left.length).toBeLessThanOrEqual(1);
  });
});

/** A worker of its own, with another environment. */
async function onAnotherWorker(name: string, extra: Readonly<Record<string, string>>): Promise<RunView> {
  const worker = await world.startWorker({
    ...extra,
    TRAINYARD_TASK_QUEUE: name,
    TRAINYARD_WORKSPACE: join(world.folder, name),
  });
  const trainyard = await connect({
    address: env.address,
    namespace: 'default',
    taskQueue: name,
    directory: world.folder,
  });
  try {
    const { runId } = await trainyard.start(world.spec());
    return await settled(trainyard, runId);
  } finally {
    await trainyard.close();
    worker.child.kill();
    await worker.ended;
  }
}

describe('a site that cannot run it', () => {
  it('a disk that is full before the start ends the run in resolve', async () => {
    const view = await onAnotherWorker('no-room', { TRAINYARD_MIN_FREE: '1000Ti' });
    expectReport(view, { code: 'TY_DISK_FULL', stage: 'resolve', says: /no-room/, ends: 'failed' });
  });

  it('a Python without torch ends the run in resolve', async () => {
    const folder = join(world.folder, 'bare-python');
    mkdirSync(folder);
    const python = join(folder, 'python3');
    const { python: real } = locateTools(process.env);
    writeFileSync(python, `#!/bin/sh\nexec ${real ?? ''} -I -S "$@"\n`, { mode: 0o755 });
    const view = await onAnotherWorker('no-torch', { TRAINYARD_PYTHON: python });
    expectReport(view, { code: 'TY_SITE_NO_TORCH', stage: 'resolve', says: /bare-python/, ends: 'failed' });
  });
});
