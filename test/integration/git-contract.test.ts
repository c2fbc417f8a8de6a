import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGit } from '../../adapters/git/create-git.ts';
import type { RemoteRef } from '../../domain/plan.ts';
import { gitContract } from '../contract/git.contract.ts';
import type { GitFixture } from '../contract/git.contract.ts';
import { createFakeGit } from '../support/fake-git.ts';
import { createBare, inRepo, readBranch, seedCommit } from '../support/git-server/seed.ts';
import { startGitServer } from '../support/git-server/server.ts';
import { createGitWorld, unlock } from '../support/git-server/world.ts';
import type { GitWorld } from '../support/git-server/world.ts';

gitContract('the fake', async () => {
  const checkouts = await mkdtemp(join(tmpdir(), 'ty-fake-git-'));
  const git = createFakeGit({ checkouts });
  const url = (repo: string): string => `https://git.example/${repo}.git`;
  return {
    git,
    create: async (repo) => git.create(url(repo)),
    remote: (repo) => ({ url: url(repo), credential: null }),
    commit: async (repo, branch, files) => git.commit(url(repo), branch, files),
    tag: async (repo, name, commit) => git.tag(url(repo), name, commit),
    forget: async (repo, branch) => git.forget(url(repo), branch),
    read: async (repo, branch) => git.read(url(repo), branch),
    dispose: async () => {
      unlock(checkouts);
      await rm(checkouts, { recursive: true, force: true });
    },
  };
});

gitContract('the adapter over files', async () => {
  const world = await createGitWorld();
  return realFixture(
    world,
    (repo) => ({ url: join(world.repos, `${repo}.git`), credential: null }),
    async () => undefined,
  );
});

gitContract('the adapter over HTTP with a token', async () => {
  const world = await createGitWorld();
  const token = 'contract-token-4711';
  const server = await startGitServer({ root: world.repos, users: [{ name: 'bot', token, access: { '*': 'write' } }] });
  await world.credentials.set({ name: 'forge', host: server.host, username: 'bot' }, token);
  const allowed = { ...world, options: { ...world.options, allow: [server.host] } };
  return realFixture(allowed, (repo) => ({ url: server.url(repo), credential: 'forge' }), server.stop);
});

function realFixture(world: GitWorld, remote: (repo: string) => RemoteRef, stop: () => Promise<void>): GitFixture {
  const path = (repo: string): string => join(world.repos, `${repo}.git`);
  return {
    git: createGit(world.options),
    create: async (repo) => createBare(path(repo)),
    remote,
    commit: async (repo, branch, files) => seedCommit(path(repo), branch, files),
    tag: async (repo, name, commit) => void inRepo(path(repo), ['tag', '-a', '-m', 'tagged', name, commit]),
    forget: async (repo, branch) => {
      inRepo(path(repo), ['update-ref', '-d', `refs/heads/${branch}`]);
      execFileSync('git', ['--git-dir', path(repo), 'prune', '--expire=now']);
    },
    read: async (repo, branch) => readBranch(path(repo), branch),
    dispose: async () => {
      await stop();
      await world.dispose();
    },
  };
}
