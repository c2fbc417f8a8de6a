import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGit } from '../../adapters/git/create-git.ts';
import type { GitOptions } from '../../adapters/git/create-git.ts';
import type { RemoteRef } from '../../domain/plan.ts';
import type { Git } from '../../ports/git.ts';
import { TrainyardError } from '../../domain/errors.ts';
import { codeOf } from '../contract/git.contract.ts';
import { commitOf, createBare, inRepo, seedCommit } from '../support/git-server/seed.ts';
import type { SeedFiles } from '../support/git-server/seed.ts';
import { startGitServer } from '../support/git-server/server.ts';
import type { GitServer } from '../support/git-server/server.ts';
import { createGitWorld } from '../support/git-server/world.ts';
import type { GitWorld } from '../support/git-server/world.ts';

const TOKEN = 'canary-token-8f3a91c2';
const signal = new AbortController().signal;

/** A host that must never be spoken to; keeps what it hears. */
interface Listener {
  readonly origin: string;
  readonly heard: { readonly line: string; readonly authorization: string | undefined }[];
  stop(): Promise<void>;
}

async function startListener(): Promise<Listener> {
  const heard: { line: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    heard.push({ line: `${request.method ?? ''} ${request.url ?? ''}`, authorization: request.headers.authorization });
    request.resume();
    response.writeHead(401, { 'www-authenticate': 'Basic realm="give it to me"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

let world: GitWorld;
let server: GitServer;
let evil: Listener;
let bare: string;
let remote: RemoteRef;
let canary: string;

beforeEach(async () => {
  world = await createGitWorld();
  evil = await startListener();
  server = await startGitServer({
    root: world.repos,
    users: [{ name: 'bot', token: TOKEN, access: { '*': 'write' } }],
  });
  await world.credentials.set({ name: 'forge', host: server.host, username: 'bot' }, TOKEN);
  bare = join(world.repos, 'data.git');
  createBare(bare);
  remote = { url: server.url('data'), credential: 'forge' };
  canary = join(world.root, 'canary');
});

afterEach(async () => {
  await server.stop();
  await evil.stop();
  const leftovers = await world.leftovers();
  const hasCanary = existsSync(canary);
  await world.dispose();
  expect(hasCanary).toBe(false);
  expect(leftovers).toEqual([]);
});

function adapter(overrides: Partial<GitOptions> = {}): Git {
  return createGit({ ...world.options, allow: [server.host, world.repos], ...overrides });
}

async function fetchFiles(files: SeedFiles): Promise<string> {
  const commit = seedCommit(bare, 'main', files);
  return (await adapter().fetch({ remote, ref: 'main', commit, signal })).path;
}

describe('hostile refs and addresses never reach git', () => {
  const refs = [
    '--upload-pack=touch CANARY',
    '--exec=touch CANARY',
    '-uCANARY',
    '--output=CANARY',
    '-c',
    '--config=core.fsmonitor=touch CANARY',
    'main;touch CANARY',
    'main\ntouch CANARY',
    '$(touch CANARY)',
    '`touch CANARY`',
    'main --upload-pack=x',
    '../../etc/passwd',
    'main:refs/heads/x',
    '+main',
    '^main',
    'main..x',
    'main@{0}',
    '@',
    'a\\b',
    ':/x',
    'refs/heads/x.lock',
    '\u0000',
    'a\u0000b',
  ];
  const urls = [
    'ext::sh -c touch% CANARY',
    'ext::touch CANARY',
    'fd::3',
    'transport::address',
    '--upload-pack=touch CANARY',
    '-oProxyCommand=touch CANARY',
    'ssh://-oProxyCommand=touch CANARY/x',
    'ssh://git@-oProxyCommand=x/y',
    'ssh://a b/x',
    'git://127.0.0.1/x',
    'ftp://127.0.0.1/x',
    'file:///etc',
    '/etc',
    'file://host/x',
    'REPOS/../../etc',
    'http://evil.example/x',
    'https://user:pass@git.example/x',
    'https://token@git.example/x',
    'http://127.0.0.1:1/x',
    'HTTP://127.0.0.1:1/x',
    'https://git.example/x?y',
    'https://git.example/x#y',
    'https://git.example/;touch CANARY',
    'https://git.example/$(touch CANARY)',
    'https://git.example/x\ny',
    'http:\\\\127.0.0.1\\x',
    'javascript:alert(1)',
    'git@host:-x',
    'x:y',
    '',
    '.',
    '..',
    './x',
  ];

  test.each(refs)('ref %j', async (text) => {
    const ref = text.replaceAll('CANARY', canary);
    const git = adapter();
    const commit = 'a'.repeat(40);
    // "+main" is a legal ref name, as git has it: it is looked for and not found.
    const allowed = ['TY_SPEC_REF', 'TY_GIT_EMPTY', 'TY_GIT_SOURCE_CHANGED', null];
    expect(allowed).toContain(await codeOf(git.resolveRef(remote, ref, signal)));
    expect(allowed).toContain(await codeOf(git.fetch({ remote, ref, commit, signal })));
    expect(allowed).toContain(await codeOf(git.checkPush(remote, ref, signal)));
    expect(await codeOf(git.fetch({ remote, ref: 'main', commit: ref, signal }))).toBe('TY_SPEC_REF');
  });

  test.each(urls)('address %j', async (text) => {
    const url = text.replaceAll('CANARY', canary).replace('REPOS', world.repos);
    const failure: unknown = await adapter()
      .resolveRef({ url, credential: null }, 'main', signal)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TrainyardError);
    expect(['TY_SPEC_URL', 'TY_GIT_HOST_NOT_ALLOWED']).toContain((failure as TrainyardError).code);
    expect(JSON.stringify(failure)).not.toContain('pass@');
  });

  test('a link inside an allowed folder does not lead out of it', async () => {
    createBare(join(world.root, 'private.git'));
    symlinkSync(join(world.root, 'private.git'), join(world.repos, 'link.git'));
    const url = join(world.repos, 'link.git');
    expect(await codeOf(adapter().resolveRef({ url, credential: null }, 'main', signal))).toBe(
      'TY_GIT_HOST_NOT_ALLOWED',
    );
  });
});

describe('the credential stays with its host', () => {
  test('a hostile .lfsconfig is not followed', async () => {
    const lfsconfig = [
      '[lfs]',
      `url = ${evil.origin}/lfs`,
      `pushurl = ${evil.origin}/push`,
      '[remote "origin"]',
      `lfsurl = ${evil.origin}/r`,
      '[lfs "standalonetransferagent"]',
      `[lfs "customtransfer.x"]`,
      `path = touch ${canary}`,
    ].join('\n');
    const path = await fetchFiles({ '.lfsconfig': `${lfsconfig}\n`, 'a.bin': { lfs: 'abc' } });
    expect(readFileSync(join(path, 'a.bin'), 'utf8')).toBe('abc');
    expect(evil.heard).toEqual([]);
  });

  test('LFS links to another host are followed without the credential', async () => {
    const other = await startGitServer({
      root: world.repos,
      users: [{ name: 'bot', token: TOKEN, access: { '*': 'write' } }],
      lfsOrigin: evil.origin,
    });
    await world.credentials.set({ name: 'other', host: other.host, username: 'bot' }, TOKEN);
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'abc' } });
    const git = adapter({ allow: [other.host] });
    const code = await codeOf(
      git.fetch({ remote: { url: other.url('data'), credential: 'other' }, ref: 'main', commit, signal }),
    );
    await other.stop();
    expect(code).toMatch(/^TY_/);
    expect(evil.heard.length).toBeGreaterThan(0);
    expect(evil.heard.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  test('a redirect is refused and nothing is sent where it leads', async () => {
    server.faults.add({
      match: /info\/refs/,
      action: { kind: 'redirect', to: `${evil.origin}/data.git/info/refs?service=git-upload-pack` },
    });
    expect(await codeOf(adapter().resolveRef(remote, 'main', signal))).toBe('TY_GIT_REDIRECT');
    expect(evil.heard).toEqual([]);
  });

  test('it is in no argument list, no file of the workspace and no error', async () => {
    const seen = new Set<string>();
    const timer = setInterval(() => {
      for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
        for (const file of ['cmdline', 'environ']) {
          try {
            seen.add(readFileSync(`/proc/${pid}/${file}`, 'latin1'));
          } catch {
            // Gone meanwhile, or not ours.
          }
        }
      }
    }, 2);
    const git = adapter();
    const texts: string[] = [];
    try {
      const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'abc' } });
      await git.fetch({ remote, ref: 'main', commit, signal, onProgress: (line) => void texts.push(line) });
      server.faults.add({
        match: /info\/refs/,
        action: { kind: 'status', status: 403, body: `no ${TOKEN} here`, headers: { 'content-type': 'text/plain' } },
      });
      const failure = (await git.resolveRef(remote, 'main', signal).catch((error: unknown) => error)) as TrainyardError;
      expect(failure.code).toBe('TY_GIT_FORBIDDEN');
      texts.push(failure.message, JSON.stringify(failure.details), failure.stack ?? '', String(failure.cause ?? ''));
    } finally {
      clearInterval(timer);
    }
    expect([...seen].some((text) => text.includes('ls-remote'))).toBe(true);
    expect([...seen, ...texts].filter((text) => holdsToken(text))).toEqual([]);
    const workspace = join(world.root, 'workspace');
    for (const entry of readdirSync(workspace, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) expect(holdsToken(readFileSync(join(entry.parentPath, entry.name), 'latin1'))).toBe(false);
    }
  });
});

function holdsToken(text: string): boolean {
  return text.includes(TOKEN) || text.includes(Buffer.from(`bot:${TOKEN}`).toString('base64'));
}

describe('what a repository holds is data', () => {
  test('hooks, filters and submodules in it never run', async () => {
    const path = await fetchFiles({
      '.gitattributes': '* filter=evil diff=evil merge=evil\n',
      '.gitconfig': `[filter "evil"]\n smudge = touch ${canary}\n`,
      'hooks/post-checkout': `#!/bin/sh\ntouch ${canary}\n`,
      '.gitmodules': `[submodule "x"]\n path = x\n url = ${evil.origin}/x\n`,
    });
    expect(existsSync(join(path, 'hooks/post-checkout'))).toBe(true);
    expect(evil.heard).toEqual([]);
  });

  test.each<[string, SeedFiles]>([
    ['an absolute link', { x: { link: '/etc/passwd' } }],
    ['a link to the folder above', { x: { link: '../..' } }],
    ['a link that climbs from deep inside', { 'a/b/x': { link: '../../../../etc' } }],
    ['a chain of links that climbs together', { d: { link: '.' }, x: { link: 'd/d/d/../..' } }],
    ['a dangling link that climbs', { 'a/x': { link: '../nothing/../../y' } }],
  ])('%s is refused, and no checkout is left', async (_name, files) => {
    const commit = seedCommit(bare, 'main', files);
    expect(await codeOf(adapter().fetch({ remote, ref: 'main', commit, signal }))).toBe('TY_GIT_UNSAFE_TREE');
    const left = readdirSync(world.options.checkouts, { recursive: true }).filter((name) =>
      String(name).includes(commit),
    );
    expect(left).toEqual([]);
  });

  test('links that stay inside are kept', async () => {
    const path = await fetchFiles({ 'a/b': 'text', 'c/x': { link: '../a/b' }, y: { link: 'a' } });
    expect(readFileSync(join(path, 'c/x'), 'utf8')).toBe('text');
  });

  test.each(['.git', '.GIT', 'git~1', '..', '.'])('a folder called %j in the tree is refused', async (name) => {
    const blob = inRepo(bare, ['hash-object', '-w', '--stdin'], `[core]\nfsmonitor = touch ${canary}\n`);
    const inner = inRepo(bare, ['mktree'], `100644 blob ${blob}\tconfig\n`);
    const raw = Buffer.concat([Buffer.from(`40000 ${name}\0`), Buffer.from(inner, 'hex')]);
    const outer = inRepo(bare, ['hash-object', '-t', 'tree', '--literally', '-w', '--stdin'], raw);
    const commit = commitOf(bare, 'main', outer);
    expect(await codeOf(adapter().fetch({ remote, ref: 'main', commit, signal }))).toBe('TY_GIT_UNSAFE_TREE');
  });

  test('a pointer that no attribute names is still not left as a pointer', async () => {
    const path = await fetchFiles({ 'weights.pt': { lfs: 'real weights' } });
    expect(readFileSync(join(path, 'weights.pt'), 'utf8')).toBe('real weights');
  });

  test('damaged LFS content of a folder repository is refused', async () => {
    const commit = seedCommit(bare, 'main', { 'a.bin': { lfs: 'abc' } });
    const [object] = readdirSync(join(bare, 'lfs/objects'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    writeFileSync(join(object?.parentPath ?? '', object?.name ?? ''), 'xyz');
    const request = { remote: { url: bare, credential: null }, ref: 'main', commit, signal };
    expect(await codeOf(adapter().fetch(request))).toBe('TY_LFS_OBJECT_MISSING');
  });
});

test('settings of a Git repository around the workspace are not read', async () => {
  createBare(join(world.root, '.git'));
  const config = [
    '[core]',
    '\tbare = false',
    `\tsshCommand = touch ${canary}`,
    `[url "${evil.origin}/"]`,
    `\tinsteadOf = ${server.origin}/`,
    '[credential]',
    `\thelper = "!touch ${canary}"`,
    '[http]',
    `\tproxy = ${evil.origin}`,
  ].join('\n');
  writeFileSync(join(world.root, '.git', 'config'), `${config}\n`);
  mkdirSync(join(world.root, 'home'));
  const path = await fetchFiles({ 'a.bin': { lfs: 'abc' } });
  expect(readFileSync(join(path, 'a.bin'), 'utf8')).toBe('abc');
  expect(evil.heard).toEqual([]);
});
