import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGit } from '../../adapters/git/create-git.ts';
import type { Git } from '../../ports/git.ts';
import { createBare, inRepo, seedCommit } from '../support/git-server/seed.ts';
import { createGitWorld } from '../support/git-server/world.ts';
import type { GitWorld } from '../support/git-server/world.ts';

const { signal } = new AbortController();

let world: GitWorld;
let git: Git;
let path: string;
let url: string;
let commits: string[];

beforeAll(async () => {
  world = await createGitWorld();
  git = createGit(world.options);
  path = join(world.repos, 'model.git');
  url = path;
  createBare(path);
  const first = seedCommit(path, 'main', { 'a.txt': '1' });
  const tree = inRepo(path, ['rev-parse', `${first}^{tree}`]);
  const next = (parent: string, subject: string): string =>
    inRepo(path, ['commit-tree', tree, '-p', parent, '-m', subject]);
  const second = next(first, 'second change');
  const third = next(second, 'third change');
  inRepo(path, ['update-ref', 'refs/heads/main', third]);
  commits = [first, second, third];
});

afterAll(() => world.dispose());

const at = (index: number): string => commits[index] ?? '';
const fetch = (index: number) =>
  git.fetch({ remote: { url, credential: null }, ref: 'refs/heads/main', commit: at(index), signal });

describe('what a mirror knows of two commits', () => {
  it('is nothing before anything was fetched, and nothing of commits that are none', async () => {
    const nothing = { from: null, to: null, between: null };
    expect(await git.history(url, at(0), at(2), signal)).toEqual(nothing);
    expect(await git.history(url, '--output=/tmp/x', at(2), signal)).toEqual(nothing);
  });

  it('is their subjects, without what lies between where it is shallow', async () => {
    await fetch(2);
    const history = await git.history(url, at(1), at(2), signal);
    expect(history).toEqual({ from: null, to: `${at(2).slice(0, 7)} third change`, between: null });
  });

  it('is the commits in between where it has them, newest first', async () => {
    const [mirror = ''] = readdirSync(world.options.mirrors).filter((name) => /^[0-9a-f]{32}$/.test(name));
    inRepo(join(world.options.mirrors, mirror), ['fetch', '--unshallow', path, at(2)]);
    const history = await git.history(url, at(0), at(2), signal);
    expect(history.between).toEqual([`${at(2).slice(0, 7)} third change`, `${at(1).slice(0, 7)} second change`]);
    expect((await git.history(url, at(2), at(0), signal)).between).toBeNull();
  });
});
