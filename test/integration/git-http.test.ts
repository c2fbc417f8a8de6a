import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGit } from '../../adapters/git/create-git.ts';
import type { GitOptions } from '../../adapters/git/create-git.ts';
import { errorEntry } from '../../domain/errors.ts';
import type { RemoteRef } from '../../domain/plan.ts';
import type { Git, PushRequest } from '../../ports/git.ts';
import { codeOf } from '../contract/git.contract.ts';
import { makeCertificate } from '../support/git-server/certificate.ts';
import { createBare, inRepo, seedCommit } from '../support/git-server/seed.ts';
import { startGitServer } from '../support/git-server/server.ts';
import type { GitServer } from '../support/git-server/server.ts';
import { createGitWorld } from '../support/git-server/world.ts';
import type { GitWorld } from '../support/git-server/world.ts';

const TOKEN = 'secret-token-31415';
const READER = 'reader-token-27182';
const signal = new AbortController().signal;

let world: GitWorld;
let server: GitServer;
let bare: string;
let data: RemoteRef;

beforeEach(async () => {
  world = await createGitWorld();
  server = await startGitServer({
    root: world.repos,
    users: [
      { name: 'bot', token: TOKEN, access: { '*': 'write' } },
      { name: 'reader', token: READER, access: { '*': 'read' } },
    ],
  });
  await world.credentials.set({ name: 'forge', host: server.host, username: 'bot' }, TOKEN);
  await world.credentials.set({ name: 'reader', host: server.host, username: 'reader' }, READER);
  bare = join(world.repos, 'data.git');
  createBare(bare);
  data = { url: server.url('data'), credential: 'forge' };
});

afterEach(async () => {
  await server.stop();
  const leftovers = await world.leftovers();
  await world.dispose();
  expect(leftovers).toEqual([]);
});

function adapter(overrides: Partial<GitOptions> = {}): Git {
  return createGit({ ...world.options, allow: [server.host], ...overrides });
}

function tree(files: Readonly<Record<string, string>>): string {
  const root = join(world.root, `tree-${Object.keys(files).join('-')}`);
  mkdirSync(root, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  return root;
}

function pushOf(files: Readonly<Record<string, string>>, credential = 'forge'): PushRequest {
  return {
    remote: { ...data, credential },
    branch: 'sft-1',
    tree: tree(files),
    lfsPatterns: ['*.bin'],
    message: 'm',
    author: 'Trainyard <trainyard@localhost>',
    date: '2026-02-03T04:05:06Z',
    signal,
  };
}

async function failureOf(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; details: { why?: string } }> {
  return (await promise.catch((error: unknown) => error)) as never;
}

describe('credentials', () => {
  test.each([
    [null, 'TY_GIT_AUTH'],
    ['wrong', 'TY_GIT_AUTH'],
    ['absent', 'TY_GIT_CREDENTIAL_MISSING'],
    ['elsewhere', 'TY_GIT_CREDENTIAL_HOST'],
  ])('credential %j gives %s', async (credential, code) => {
    seedCommit(bare, 'main', { a: '1' });
    await world.credentials.set({ name: 'wrong', host: server.host, username: 'bot' }, 'not-the-token');
    await world.credentials.set({ name: 'elsewhere', host: 'git.example', username: 'bot' }, TOKEN);
    expect(await codeOf(adapter().resolveRef({ ...data, credential }, 'main', signal))).toBe(code);
    if (code !== 'TY_GIT_AUTH') expect(server.seen).toEqual([]);
  });

  test('plain http is contacted only where the settings list the host', async () => {
    expect(await codeOf(adapter({ allow: [] }).resolveRef(data, 'main', signal))).toBe('TY_GIT_HOST_NOT_ALLOWED');
    expect(server.seen).toEqual([]);
  });

  test('a reader may fetch and learns early that it may not push', async () => {
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'abc' } });
    const remote = { ...data, credential: 'reader' };
    const git = adapter();
    expect(await git.fetch({ remote, ref: 'main', commit, signal })).toMatchObject({ lfsObjects: 1 });
    expect(await codeOf(git.checkPush(remote, 'sft-1', signal))).toBe('TY_GIT_FORBIDDEN');
    expect(await codeOf(git.push(pushOf({ 'w.bin': 'w' }, 'reader')))).toBe('TY_GIT_FORBIDDEN');
    expect(inRepo(bare, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main');
  });

  test('a cached checkout is not given to a credential that may not read', async () => {
    const commit = seedCommit(bare, 'main', { a: '1' });
    const git = adapter();
    await git.fetch({ remote: data, ref: 'main', commit, signal });
    expect(await codeOf(git.fetch({ remote: { ...data, credential: null }, ref: 'main', commit, signal }))).toBe(
      'TY_GIT_AUTH',
    );
  });

  test('a server that says 401 for ever is not asked for ever', async () => {
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'abc' } });
    server.faults.add({
      match: /info\/lfs/,
      action: { kind: 'status', status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
    });
    const started = Date.now();
    expect(await codeOf(adapter().fetch({ remote: data, ref: 'main', commit, signal }))).toBe('TY_GIT_AUTH');
    expect(server.seen.length).toBeLessThan(40);
    expect(Date.now() - started).toBeLessThan(30_000);
  });
});

describe('what moves', () => {
  test('the second fetch of a commit moves nothing but the ref advertisement', async () => {
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'x'.repeat(200_000) }, b: 'y'.repeat(50_000) });
    const git = adapter();
    await git.fetch({ remote: data, ref: 'main', commit, signal });
    server.forget();
    const started = performance.now();
    expect(await git.fetch({ remote: data, ref: 'main', commit, signal })).toMatchObject({ reused: true });
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /data.git/info/refs',
      'GET /data.git/info/refs',
      'POST /data.git/git-upload-pack',
    ]);
    expect(server.seen.reduce((sum, { bytesOut }) => sum + bytesOut, 0)).toBeLessThan(4_000);
  });

  test('a later commit moves only the LFS objects that are new', async () => {
    const git = adapter();
    const first = seedCommit(bare, 'main', { 'a.bin': { lfs: 'x'.repeat(1_000) } });
    await git.fetch({ remote: data, ref: 'main', commit: first, signal });
    const second = seedCommit(bare, 'main', { 'a.bin': { lfs: 'x'.repeat(1_000) }, 'b.bin': { lfs: 'y'.repeat(10) } });
    expect(await git.fetch({ remote: data, ref: 'main', commit: second, signal })).toMatchObject({
      lfsObjects: 1,
      lfsBytes: 10,
    });
  });

  test('asks for room before LFS bytes move, and passes the refusal on', async () => {
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'x'.repeat(1_000) } });
    const asked: number[] = [];
    const refusal = new Error('no room');
    const requireFree = async (bytes: number): Promise<void> => {
      asked.push(bytes);
      throw refusal;
    };
    await expect(adapter({ requireFree }).fetch({ remote: data, ref: 'main', commit, signal })).rejects.toBe(refusal);
    expect(asked).toEqual([1_100]);
    expect(server.seen.filter(({ path }) => path.includes('/lfs/'))).toEqual([]);
  });
});

describe('a server in trouble', () => {
  test.each([
    [503, 'TY_GIT_UNREACHABLE'],
    [429, 'TY_GIT_UNREACHABLE'],
    [404, 'TY_GIT_REPO_NOT_FOUND'],
    [403, 'TY_GIT_FORBIDDEN'],
  ])('HTTP %i gives %s', async (status, code) => {
    server.faults.add({ match: /info\/refs/, action: { kind: 'status', status } });
    expect(await codeOf(adapter().resolveRef(data, 'main', signal))).toBe(code);
  });

  test('a server that never answers is given up', async () => {
    server.faults.add({ match: /info\/refs/, action: { kind: 'hang' } });
    const git = adapter({ lowSpeed: { bytesPerSecond: 100, seconds: 1 } });
    expect(await codeOf(git.resolveRef(data, 'main', signal))).toBe('TY_GIT_UNREACHABLE');
  });

  test('nobody listening gives TY_GIT_UNREACHABLE', async () => {
    await server.stop();
    expect(await codeOf(adapter().resolveRef(data, 'main', signal))).toBe('TY_GIT_UNREACHABLE');
  });

  test('aborting an LFS download ends every process and leaves no lock', async () => {
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'abc' } });
    server.faults.add({ match: /GET .*info\/lfs\/objects\//, action: { kind: 'hang' } });
    const control = new AbortController();
    const git = adapter();
    const pending = git.fetch({ remote: data, ref: 'main', commit, signal: control.signal });
    const settled = pending.catch((error: unknown) => error);
    while (!server.seen.some(({ path }) => path.endsWith('/objects/batch'))) await sleep(20);
    const reason = new Error('cancelled');
    const started = performance.now();
    control.abort(reason);
    expect(await settled).toBe(reason);
    expect(performance.now() - started).toBeLessThan(4_000);
    expect(await world.leftovers()).toEqual([]);
    server.faults.clear();
    expect(await git.fetch({ remote: data, ref: 'main', commit, signal })).toMatchObject({
      reused: false,
      lfsObjects: 1,
    });
  });
});

describe('pushing', () => {
  test('a push whose answer was lost is seen to be done', async () => {
    server.faults.add({ match: /POST .*git-receive-pack/, action: { kind: 'drop-reply' } });
    const { commit } = await adapter().push(pushOf({ 'w.bin': 'w' }));
    expect(inRepo(bare, ['rev-parse', 'sft-1'])).toBe(commit);
  });

  test('a branch that appears while the push is under way is not overwritten', async () => {
    server.faults.add({ match: /POST .*git-receive-pack/, action: { kind: 'delay', ms: 1_500 } });
    const pending = codeOf(adapter().push(pushOf({ 'w.bin': 'w' })));
    while (!server.seen.some(({ query }) => query.includes('receive-pack'))) await sleep(20);
    const theirs = seedCommit(bare, 'sft-1', { a: 'theirs' });
    expect(await pending).toBe('TY_OUTPUT_BRANCH_TAKEN');
    expect(inRepo(bare, ['rev-parse', 'sft-1'])).toBe(theirs);
  });

  test('a push that finds the branch there, and cannot see whose it is, is to be tried again', async () => {
    server.faults.add({ match: /POST .*git-receive-pack/, action: { kind: 'delay', ms: 1_500 } });
    const pending = codeOf(adapter().push(pushOf({ 'w.bin': 'w' })));
    while (!server.seen.some(({ query }) => query.includes('receive-pack'))) await sleep(20);
    seedCommit(bare, 'sft-1', { a: 'theirs' });
    server.faults.add({ match: /GET .*service=git-upload-pack/, action: { kind: 'status', status: 503 } });
    const code = await pending;
    expect(code).not.toBe('TY_OUTPUT_BRANCH_TAKEN');
    expect(code === null ? null : errorEntry(code).fate).toBe('retry');
  });

  test("a hook's refusal carries the server's own words", async () => {
    const hook = join(bare, 'hooks', 'pre-receive');
    mkdirSync(join(bare, 'hooks'), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\necho "branch sft-1 is protected by policy 7" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    const failure = await failureOf(adapter().push(pushOf({ 'w.bin': 'w' })));
    expect(failure.code).toBe('TY_PUSH_PROTECTED');
    expect(failure.details.why).toContain('protected by policy 7');
  });

  test.each([
    [507, 'TY_LFS_QUOTA'],
    [413, 'TY_LFS_QUOTA'],
    [403, 'TY_GIT_FORBIDDEN'],
    [422, 'TY_GIT_FAILED'],
    [500, 'TY_GIT_UNREACHABLE'],
  ])('an LFS upload answered with %i gives %s, and the branch is not made', async (status, code) => {
    server.faults.add({ match: /^PUT /, action: { kind: 'status', status } });
    expect(await codeOf(adapter().push(pushOf({ 'w.bin': 'w' })))).toBe(code);
    expect(inRepo(bare, ['for-each-ref'])).toBe('');
  });

  test('an upload cut off half-way is finished by the next attempt', async () => {
    const last = createHash('sha256').update('v').digest('hex');
    server.faults.add({ match: new RegExp(`^PUT .*${last}`), action: { kind: 'status', status: 403 } });
    const git = adapter();
    const request = pushOf({ 'w.bin': 'w', 'v.bin': 'v' });
    expect(await codeOf(git.push(request))).toBe('TY_GIT_FORBIDDEN');
    expect(inRepo(bare, ['for-each-ref'])).toBe('');
    const puts = () => server.seen.filter(({ method }) => method === 'PUT');
    const whole = puts().filter(({ status }) => status === 200);
    server.faults.clear();
    server.forget();
    expect(await git.push(request)).toMatchObject({ found: false });
    // The refused one ends the others too: what had come whole before that is not sent again.
    const again = puts().map(({ path }) => path.slice(-64));
    expect(again).toContain(last);
    expect(again).toHaveLength(2 - whole.length);
  });
});

describe('TLS', () => {
  test('an unknown certificate is refused, a pinned one is used by git and by LFS', async () => {
    const certificate = makeCertificate(world.root);
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'abc' } });
    const secure = await startGitServer({ root: world.repos, open: ['data'], tls: certificate });
    try {
      const remote = { url: secure.url('data'), credential: null };
      const git = adapter({ allow: [] });
      expect(await codeOf(git.resolveRef(remote, 'main', signal))).toBe('TY_GIT_TLS');
      await world.credentials.trust(secure.host, certificate.cert);
      const got = await git.fetch({ remote, ref: 'main', commit, signal });
      expect(await readFile(join(got.path, 'a.bin'), 'utf8')).toBe('abc');
    } finally {
      await secure.stop();
    }
  });

  test('checks are off only for a host that is listed', async () => {
    const certificate = makeCertificate(world.root);
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'abc' } });
    const secure = await startGitServer({ root: world.repos, open: ['data'], tls: certificate });
    try {
      const remote = { url: secure.url('data'), credential: null };
      expect(await codeOf(adapter({ insecureTls: ['other.example'] }).resolveRef(remote, 'main', signal))).toBe(
        'TY_GIT_TLS',
      );
      const git = adapter({ insecureTls: [secure.host] });
      expect(await git.fetch({ remote, ref: 'main', commit, signal })).toMatchObject({ lfsObjects: 1 });
    } finally {
      await secure.stop();
    }
  });
});
