import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunView } from '../../domain/run-state.ts';
import { runCli } from '../support/cli-process.ts';
import { diskUse } from '../support/disk-use.ts';
import { type Forge, startForge } from '../support/forge.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { makeWorld, type World } from '../support/world.ts';

const QUEUE = 'second-run';
const TOKEN = 'token-of-the-second-run';
const MIB = 1 << 20;
const DATASET_BYTES = 4 * MIB;
/** What no LFS object carries: a pack that moves is at least this large. */
const PACKED_BYTES = MIB;

let env: TemporalEnv;
let world: World;
let forge: Forge;

beforeAll(async () => {
  env = await startTemporal();
  world = makeWorld({ address: env.address, taskQueue: QUEUE, trainSeconds: 0 });
  forge = await startForge(world, [{ name: 'bot', token: TOKEN, access: { '*': 'write' } }]);
  await forge.credentials.set({ name: 'forge', host: forge.server.host, username: 'bot' }, TOKEN);
  forge.make('numbers', {
    seconds: '0\n',
    'table.csv': randomBytes(PACKED_BYTES),
    'data.bin': { lfs: randomBytes(DATASET_BYTES) },
  });
  await world.startWorker(forge.env);
});

afterAll(async () => {
  await world.close();
  await forge.server.stop();
  await env.stop();
});

function spec(): Record<string, unknown> {
  return world.spec({
    credentials: 'forge',
    model: { repo: forge.server.url('model') },
    dataset: { repo: forge.server.url('numbers') },
    output: { repo: forge.server.url('output'), branch: 'result-{run}' },
  });
}

async function succeed(): Promise<RunView> {
  const sdk = await world.sdk();
  const run = await sdk.start(spec());
  const view = await run.result({ signal: AbortSignal.timeout(300_000) });
  expect(view.error).toBeNull();
  return view;
}

function secondsOf(view: RunView, stage: string): number {
  const found = view.stages.find(({ name }) => name === stage);
  return (Date.parse(found?.finishedAt ?? '') - Date.parse(found?.startedAt ?? '')) / 1000;
}

describe('a second run on the same commits', () => {
  it('moves nothing but the ref advertisement and takes no more room', async ({ annotate }) => {
    const first = world.record((await succeed()).runId);
    expect(first.fetched.map(({ source, reused }) => ({ source, reused }))).toEqual([
      { source: 'model', reused: false },
      { source: 'dataset', reused: false },
    ]);
    const sources = [join(world.workspace, 'mirrors'), join(world.workspace, 'checkouts')];
    const used = diskUse(...sources);
    // Mirror and checkout share the LFS object: it is there once. The packed file is in the pack and in the checkout.
    expect(used).toBeLessThan(2 * DATASET_BYTES);

    forge.server.forget();
    const view = await succeed();
    const second = world.record(view.runId);
    expect(second.fetched.map(({ reused, lfsObjects, lfsBytes }) => ({ reused, lfsObjects, lfsBytes }))).toEqual([
      { reused: true, lfsObjects: 0, lfsBytes: 0 },
      { reused: true, lfsObjects: 0, lfsBytes: 0 },
    ]);
    expect(second.checkouts).toEqual(first.checkouts);
    expect(diskUse(...sources)).toBe(used);

    const asked = forge.server.seen.filter(({ path }) => /^\/(model|numbers)\.git\//.test(path));
    expect(asked.length).toBeGreaterThan(0);
    // Protocol version 2 asks for the refs with a request of its own, `ls-refs`, at the place packs come from.
    const kinds = new Set(
      asked.map(({ method, path, query }) => `${method} ${path.replace(/^\/\w+\.git\//, '')} ${query}`.trim()),
    );
    expect([...kinds].toSorted()).toEqual(['GET info/refs service=git-upload-pack', 'POST git-upload-pack']);
    expect(asked.reduce((sum, { bytesOut }) => sum + bytesOut, 0)).toBeLessThan(PACKED_BYTES / 10);
    await annotate(`fetch took ${secondsOf(view, 'fetch')} s`);
  });
});

describe('the raw Temporal command', () => {
  it('starts a run that does everything', async () => {
    const workflowId = 'by-hand-1';
    await startRaw(workflowId, writeSpec('good.json', spec()));
    const view = await (await world.sdk()).result(workflowId, { signal: AbortSignal.timeout(300_000) });
    expect(view.error).toBeNull();
    expect(view.status).toBe('succeeded');
    expect(world.record(workflowId).commit).toMatch(/^[0-9a-f]{40}$/);
  });

  it.each([
    ['an unknown key', { recip: {} }],
    ['a wrong type', { compute: { replicas: 'two' } }],
    ['a hostile ref', { model: { repo: 'https://git.example/m', ref: '--upload-pack=touch /tmp/x' } }],
    ['a password in a URL', { model: { repo: 'https://u:p@git.example/m' } }],
    ['a transport that runs programs', { dataset: { repo: 'ext::sh -c whoami' } }],
    ['a part that is not built', { serve: { kind: 'kserve' } }],
    ['a file that is no object', null],
  ])('given %s, fails in resolve with the code of the command line', async (claim, changes) => {
    const file = writeSpec('bad.json', changes === null ? ['not', 'a', 'spec'] : { ...spec(), ...changes });
    const cli = await runCli(world, ['run', 'start', '-f', file, '-o', 'json'], { env: { ...forge.env } });
    const workflowId = `by-hand-${claim.replaceAll(' ', '-')}`;
    await startRaw(workflowId, file);
    const view = await (await world.sdk()).result(workflowId, { signal: AbortSignal.timeout(60_000) });
    const refused = JSON.parse(cli.stderr) as { readonly code: string; readonly issues: unknown };
    expect(cli.code).toBe(2);
    expect(view.status).toBe('failed');
    expect(view.stage).toBe('resolve');
    expect({ code: view.error?.code, issues: view.error?.issues }).toEqual({
      code: refused.code,
      issues: refused.issues,
    });
  });
});

function writeSpec(name: string, document: unknown): string {
  const path = join(world.folder, name);
  writeFileSync(path, JSON.stringify(document));
  return path;
}

async function startRaw(workflowId: string, file: string): Promise<void> {
  const args = ['workflow', 'start', '--type', 'trainingRun', '--task-queue', QUEUE, '--workflow-id', workflowId];
  await promisify(execFile)(env.program, [...args, '--input-file', file, '--address', env.address]);
}
