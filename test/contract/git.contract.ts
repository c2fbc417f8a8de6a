import { access, constants, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../domain/errors.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { RemoteRef } from '../../domain/plan.ts';
import type { Git, PushRequest } from '../../ports/git.ts';

/** Content under LFS, or its pointer alone. */
export type ContractFile = string | { readonly lfs: string; readonly missing?: boolean };

/** A world of repositories that the suite can change behind the port's back. */
export interface GitFixture {
  readonly git: Git;
  /** Makes an empty repository. */
  create(repo: string): Promise<void>;
  remote(repo: string): RemoteRef;
  /** A commit without parents on a branch, which is moved there by force. */
  commit(repo: string, branch: string, files: Readonly<Record<string, ContractFile>>): Promise<string>;
  tag(repo: string, name: string, commit: string): Promise<void>;
  /** Removes a branch and every object nothing leads to. */
  forget(repo: string, branch: string): Promise<void>;
  /** Raw contents; LFS files show their pointers. */
  read(repo: string, branch: string): Promise<Readonly<Record<string, string>>>;
  dispose(): Promise<void>;
}

export async function codeOf(promise: Promise<unknown>): Promise<ErrorCode | null> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) return null;
  if (error instanceof TrainyardError) return error.code;
  throw error;
}

const signal = new AbortController().signal;
const ABSENT = 'f'.repeat(40);

/** What every implementation of the Git port does. */
export function gitContract(name: string, make: () => Promise<GitFixture>): void {
  describe(`${name} keeps the contract of the Git port`, () => {
    let world: GitFixture;
    let folder: string;
    let trees = 0;

    beforeAll(async () => {
      world = await make();
      folder = await mkdtemp(join(tmpdir(), 'ty-contract-'));
    }, 60_000);

    afterAll(async () => {
      await world.dispose();
      await rm(folder, { recursive: true, force: true });
    }, 60_000);

    const tree = async (files: Readonly<Record<string, string>>): Promise<string> => {
      trees += 1;
      const root = join(folder, `tree-${trees}`);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), text);
      }
      return root;
    };

    const pushOf = async (
      repo: string,
      branch: string,
      files: Readonly<Record<string, string>>,
    ): Promise<PushRequest> => ({
      remote: world.remote(repo),
      branch,
      tree: await tree(files),
      lfsPatterns: ['*.bin'],
      message: 'A model\n\nTrainyard-Run: run-x-1',
      author: 'Trainyard <trainyard@localhost>',
      date: '2026-02-03T04:05:06.789Z',
      signal,
    });

    describe('resolveRef', () => {
      test('pins a branch, a tag, HEAD and a commit id', async () => {
        await world.create('refs');
        const commit = await world.commit('refs', 'main', { a: '1' });
        await world.tag('refs', 'v1', commit);
        const resolve = async (ref: string) => await world.git.resolveRef(world.remote('refs'), ref, signal);
        expect(await resolve('main')).toEqual({ ref: 'refs/heads/main', commit });
        expect(await resolve('refs/heads/main')).toEqual({ ref: 'refs/heads/main', commit });
        expect(await resolve('v1')).toEqual({ ref: 'refs/tags/v1', commit });
        expect(await resolve('HEAD')).toEqual({ ref: 'refs/heads/main', commit });
        expect(await resolve(commit)).toEqual({ ref: commit, commit });
      });

      test('tells a missing ref, an empty repository and no repository apart', async () => {
        await world.create('apart');
        const resolve = async (repo: string, ref: string) =>
          await codeOf(world.git.resolveRef(world.remote(repo), ref, signal));
        expect(await resolve('apart', 'main')).toBe('TY_GIT_EMPTY');
        await world.commit('apart', 'main', { a: '1' });
        expect(await resolve('apart', 'other')).toBe('TY_GIT_REF_NOT_FOUND');
        expect(await resolve('nowhere', 'main')).toBe('TY_GIT_REPO_NOT_FOUND');
      });

      test.each(['--upload-pack=touch x', '-x', 'a..b', 'a b', '', 'a@{1}'])('refuses %j as a ref', async (ref) => {
        expect(await codeOf(world.git.resolveRef(world.remote('refs'), ref, signal))).toBe('TY_SPEC_REF');
      });
    });

    describe('fetch', () => {
      const fetch = async (repo: string, ref: string, commit: string) =>
        await world.git.fetch({ remote: world.remote(repo), ref, commit, signal });

      test('gives a read-only checkout with LFS content in place of pointers', async () => {
        await world.create('data');
        const commit = await world.commit('data', 'main', { 'README.md': 'hi', 'img/1.bin': { lfs: 'x'.repeat(500) } });
        const got = await fetch('data', 'refs/heads/main', commit);
        expect(got).toMatchObject({ reused: false, lfsObjects: 1, lfsBytes: 500 });
        expect(await readFile(join(got.path, 'README.md'), 'utf8')).toBe('hi');
        expect(await readFile(join(got.path, 'img/1.bin'), 'utf8')).toBe('x'.repeat(500));
        for (const path of ['.', 'README.md', 'img', 'img/1.bin']) {
          expect((await lstat(join(got.path, path))).mode & 0o222).toBe(0);
        }
        await expect(access(join(got.path, '.git'), constants.F_OK)).rejects.toThrow();
      });

      test('moves nothing for a commit it has fetched before', async () => {
        const commit = (await world.git.resolveRef(world.remote('data'), 'main', signal)).commit;
        const again = await fetch('data', 'main', commit);
        expect(again).toMatchObject({ reused: true, lfsObjects: 0, lfsBytes: 0 });
      });

      test('gives the pinned commit after the branch has moved on', async () => {
        await world.create('moved');
        const first = await world.commit('moved', 'main', { a: '1' });
        await world.tag('moved', 'keep', first);
        await world.commit('moved', 'main', { a: '2' });
        const got = await fetch('moved', 'main', first);
        expect(await readFile(join(got.path, 'a'), 'utf8')).toBe('1');
      });

      test('says that the source has changed when the pinned commit is gone', async () => {
        await world.create('gone');
        const first = await world.commit('gone', 'main', { a: '1' });
        await world.forget('gone', 'main');
        await world.commit('gone', 'main', { a: '2' });
        expect(await codeOf(fetch('gone', 'main', first))).toBe('TY_GIT_SOURCE_CHANGED');
        expect(await codeOf(fetch('gone', ABSENT, ABSENT))).toBe('TY_GIT_REF_NOT_FOUND');
      });

      test('never gives a tree in which LFS content is missing', async () => {
        await world.create('hollow');
        const commit = await world.commit('hollow', 'main', { 'a.bin': { lfs: 'gone', missing: true } });
        const failure = await fetch('hollow', 'main', commit).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'TY_LFS_OBJECT_MISSING' });
        expect(await codeOf(fetch('hollow', 'main', commit))).toBe('TY_LFS_OBJECT_MISSING');
      });

      test('fetches once for callers that come at the same time', async () => {
        await world.create('crowd');
        const commit = await world.commit('crowd', 'main', { 'a.bin': { lfs: 'y'.repeat(300) } });
        const all = await Promise.all([1, 2, 3, 4].map(async () => await fetch('crowd', 'main', commit)));
        expect(all.filter(({ reused }) => !reused)).toHaveLength(1);
        expect(new Set(all.map(({ path }) => path)).size).toBe(1);
      });

      test('rejects with the reason of an aborted signal', async () => {
        const reason = new Error('enough');
        const request = {
          remote: world.remote('data'),
          ref: 'main',
          commit: ABSENT,
          signal: AbortSignal.abort(reason),
        };
        await expect(world.git.fetch(request)).rejects.toBe(reason);
      });
    });

    describe('push', () => {
      test('checks that it may push without leaving a trace', async () => {
        await world.create('out');
        expect(await world.git.checkPush(world.remote('out'), 'sft-1', signal)).toBeNull();
        expect(await codeOf(world.git.resolveRef(world.remote('out'), 'HEAD', signal))).toBe('TY_GIT_EMPTY');
      });

      test('makes one commit on a new branch, with LFS pointers for the patterns', async () => {
        const request = await pushOf('out', 'sft-1', { 'm/1/w.bin': 'weights', 'card.md': '# card\n' });
        const { commit, found } = await world.git.push(request);
        expect(found).toBe(false);
        expect(await world.git.checkPush(world.remote('out'), 'sft-1', signal)).toBe(commit);
        const files = await world.read('out', 'sft-1');
        expect(Object.keys(files).toSorted()).toEqual(['.gitattributes', 'card.md', 'm/1/w.bin']);
        expect(files['m/1/w.bin']).toMatch(/^version https:\/\/git-lfs[^]*\nsize 7$/);
        const back = await world.git.fetch({ remote: world.remote('out'), ref: 'sft-1', commit, signal });
        expect(await readFile(join(back.path, 'm/1/w.bin'), 'utf8')).toBe('weights');
      });

      test('finds its own commit again', async () => {
        const request = await pushOf('out', 'again', { 'w.bin': 'w' });
        const first = await world.git.push(request);
        expect(await world.git.push(request)).toEqual({ commit: first.commit, found: true });
      });

      test('never overwrites a branch that holds something else', async () => {
        await world.create('taken');
        await world.commit('taken', 'sft-1', { a: 'theirs' });
        const request = await pushOf('taken', 'sft-1', { 'w.bin': 'ours' });
        expect(await codeOf(world.git.push(request))).toBe('TY_OUTPUT_BRANCH_TAKEN');
        expect(await world.read('taken', 'sft-1')).toEqual({ a: 'theirs' });
      });

      test.each(['-x', 'refs/heads/x', 'HEAD', 'a..b', 'a:b', ''])('refuses %j as a branch', async (branch) => {
        expect(await codeOf(world.git.checkPush(world.remote('out'), branch, signal))).toBe('TY_SPEC_REF');
        expect(await codeOf(world.git.push(await pushOf('out', branch, { a: '1' })))).toBe('TY_SPEC_REF');
      });
    });
  });
}
