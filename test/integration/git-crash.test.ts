import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGit, createGitPublisher } from '../../adapters/git/create-git.ts';
import type { FetchedTree, PushResult } from '../../ports/git.ts';
import type { OneShot } from '../support/git-server/fetch-once.ts';
import { createBare, inRepo, readBranch, seedCommit } from '../support/git-server/seed.ts';
import { startGitServer } from '../support/git-server/server.ts';
import type { GitServer } from '../support/git-server/server.ts';
import { createGitWorld } from '../support/git-server/world.ts';
import type { GitWorld } from '../support/git-server/world.ts';

const SCRIPT = join(import.meta.dirname, '../support/git-server/fetch-once.ts');
const signal = new AbortController().signal;

let world: GitWorld;
let bare: string;
let children: ChildProcess[];

beforeEach(async () => {
  world = await createGitWorld();
  bare = join(world.repos, 'data.git');
  createBare(bare);
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await world.dispose();
});

function start(
  job: Omit<OneShot, 'options' | 'config'>,
  allow: readonly string[] = world.options.allow,
): Promise<string> {
  const whole: OneShot = { ...job, options: { ...world.options, allow }, config: join(world.root, 'config') };
  const text = JSON.stringify(whole);
  const child = spawn(process.execPath, [SCRIPT, text], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  return new Promise((resolve) => child.on('close', () => resolve(out)));
}

function marked(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^[0-9]+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`HOME=${world.options.scratch}/git-`);
    } catch {
      return false;
    }
  });
}

function tree(files: Readonly<Record<string, string>>): string {
  const root = join(world.root, `tree-${Object.values(files).join('-')}`);
  mkdirSync(root, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  return root;
}

test('two processes that fetch the same commit at once make one checkout', async () => {
  const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'x'.repeat(5_000) }, b: '1' });
  const fetch = { remote: { url: bare, credential: null }, ref: 'main', commit };
  const results = (await Promise.all([start({ fetch }), start({ fetch })])).map(
    (text) => JSON.parse(text) as FetchedTree,
  );
  expect(results.filter(({ reused }) => !reused)).toHaveLength(1);
  expect(results[0]?.path).toBe(results[1]?.path);
  expect(await world.leftovers()).toEqual([]);
});

test.each(['fetch.before-rename', 'fetch.after-rename'])(
  'a process killed at %s costs nothing but its work',
  async (dieAt) => {
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'abc' } });
    const fetch = { remote: { url: bare, credential: null }, ref: 'main', commit };
    expect(await start({ fetch, dieAt })).toBe('');
    expect(await world.leftovers()).not.toEqual([]);
    const got = await createGit(world.options).fetch({ ...fetch, signal });
    expect(got.reused).toBe(dieAt === 'fetch.after-rename');
    expect(await readFile(join(got.path, 'a.bin'), 'utf8')).toBe('abc');
    expect(await world.leftovers()).toEqual([]);
  },
);

test('git processes of a killed worker are ended by the next fetch', async () => {
  const server: GitServer = await startGitServer({ root: world.repos, open: ['data'] });
  try {
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'abc' } });
    server.faults.add({ match: /GET .*info\/lfs\/objects\//, action: { kind: 'hang' }, times: 1 });
    const fetch = { remote: { url: server.url('data'), credential: null }, ref: 'main', commit };
    const done = start({ fetch }, [server.host]);
    while (!server.seen.some(({ path }) => path.endsWith('/objects/batch'))) await sleep(20);
    await sleep(200);
    children[0]?.kill('SIGKILL');
    await sleep(100);
    expect(marked().length).toBeGreaterThan(0);
    const git = createGit({ ...world.options, allow: [server.host] });
    expect(await git.fetch({ ...fetch, signal })).toMatchObject({ reused: false, lfsObjects: 1 });
    await done;
    expect(marked()).toEqual([]);
    expect(await world.leftovers()).toEqual([]);
  } finally {
    await server.stop();
  }
});

test.each(['push.before', 'push.lfs-uploaded', 'push.after'])(
  'a process killed at %s leaves one commit in the end',
  async (dieAt) => {
    const push = {
      remote: { url: bare, credential: null },
      branch: 'sft-1',
      tree: tree({ 'w.bin': 'weights' }),
      lfsPatterns: ['*.bin'],
      message: 'm',
      author: 'Trainyard <trainyard@localhost>',
      date: '2026-02-03T04:05:06Z',
    };
    expect(await start({ push, dieAt })).toBe('');
    const result = JSON.parse(await start({ push })) as PushResult;
    expect(result.found).toBe(dieAt === 'push.after');
    expect(inRepo(bare, ['rev-list', '--count', '--all'])).toBe('1');
    expect(await world.leftovers()).toEqual([]);
  },
);

test('publishing makes a first commit, then one on top, and none when nothing changed', async () => {
  const publisher = createGitPublisher(world.options);
  const request = {
    remote: { url: bare, credential: null },
    branch: 'main',
    lfs: ['*.bin'],
    message: 'Data',
    author: 'Trainyard <trainyard@localhost>',
    signal,
  };
  const first = await publisher.publish({ ...request, directory: tree({ 'a.bin': 'one' }) });
  expect(first).toMatchObject({ found: false, lfsObjects: 1 });
  expect(await publisher.publish({ ...request, directory: tree({ 'a.bin': 'one' }) })).toMatchObject({
    commit: first.commit,
    found: true,
  });
  const second = await publisher.publish({ ...request, directory: tree({ 'b.bin': 'two' }) });
  expect(inRepo(bare, ['rev-list', 'main']).split('\n')).toEqual([second.commit, first.commit]);
  expect(Object.keys(readBranch(bare, 'main')).toSorted()).toEqual(['.gitattributes', 'b.bin']);
  expect(await world.leftovers()).toEqual([]);
});

test('what is pushed does not share a file with the folder it came from, nor a checkout with its source', async () => {
  const git = createGit(world.options);
  const folder = tree({ 'w.bin': 'weights' });
  const remote = { url: bare, credential: null };
  const { commit } = await createGitPublisher(world.options).publish({
    remote,
    branch: 'main',
    directory: folder,
    lfs: ['*.bin'],
    message: 'm',
    author: 'A <a@b>',
    signal,
  });
  writeFileSync(join(folder, 'w.bin'), 'changed');
  const got = await git.fetch({ remote, ref: 'main', commit, signal });
  expect(await readFile(join(got.path, 'w.bin'), 'utf8')).toBe('weights');
  const source = readdirSync(join(bare, 'lfs/objects'), { recursive: true, withFileTypes: true }).find((entry) =>
    entry.isFile(),
  );
  expect(statSync(join(source?.parentPath ?? '', source?.name ?? '')).nlink).toBe(1);
  expect(statSync(join(got.path, 'w.bin')).nlink).toBe(2);
});
