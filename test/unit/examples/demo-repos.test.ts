import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gitRunner, makeDemoRepos } from '../../../worker/demo-repos.ts';
import type { DemoRepos } from '../../../worker/demo-repos.ts';

const example = join(import.meta.dirname, '..', '..', '..', 'examples', 'digits');
const runGit = gitRunner(process.env['PATH'] ?? '');

describe('the demo repositories', () => {
  let directory: string;
  let repos: DemoRepos;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'trainyard-repos-'));
    repos = await makeDemoRepos({ directory, example, run: runGit });
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const git = async (url: string, ...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('git', ['-C', fileURLToPath(url), ...args]);
    return stdout.trim();
  };

  it('hold the trainer, 1,787 images in two splits, and nothing', async () => {
    expect((await git(repos.model, 'ls-tree', '--name-only', 'main')).split('\n')).toContain('train.py');
    const images = (await git(repos.dataset, 'ls-tree', '-r', '--name-only', 'main', 'images/')).split('\n');
    expect(images).toHaveLength(1787);
    expect(images.filter((name) => name.startsWith('images/test/'))).toHaveLength(357);
    expect(await git(repos.output, 'for-each-ref')).toBe('');
  });

  it('keep each image as an LFS object whose name is its digest', async () => {
    const pointer = await git(repos.dataset, 'show', 'main:images/train/0000-0.png');
    const oid = /^oid sha256:(\w{64})$/m.exec(pointer)?.[1] ?? '';
    const store = join(fileURLToPath(repos.dataset), 'lfs', 'objects');
    const image = await readFile(join(store, oid.slice(0, 2), oid.slice(2, 4), oid));
    expect(createHash('sha256').update(image).digest('hex')).toBe(oid);
    expect(pointer).toContain(`size ${image.length}`);
    const { width, height, data } = PNG.sync.read(image);
    expect([width, height]).toEqual([8, 8]);
    // The first row of the table: 0, 0, 5, 13 of 16.
    expect([0, 1, 2, 3].map((pixel) => data[pixel * 4])).toEqual([0, 0, 80, 207]);
  });

  it('leave ten digits out, with their grey values and what they are', () => {
    expect(repos.unseen.map(({ label }) => label)).toEqual([5, 4, 8, 8, 4, 9, 0, 8, 9, 8]);
    for (const { pixels } of repos.unseen) {
      expect(pixels).toHaveLength(64);
      expect(Math.max(...pixels)).toBeLessThanOrEqual(255);
    }
  });

  it('have the same commits wherever they are made', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'trainyard-repos-'));
    try {
      const others = await makeDemoRepos({ directory: elsewhere, example, run: runGit });
      expect(await git(others.dataset, 'rev-parse', 'main')).toBe(await git(repos.dataset, 'rev-parse', 'main'));
      expect(await git(others.model, 'rev-parse', 'main')).toBe(await git(repos.model, 'rev-parse', 'main'));
    } finally {
      await rm(elsewhere, { recursive: true, force: true });
    }
  });

  it('are used again as they are', async () => {
    const marker = join(fileURLToPath(repos.output), 'description');
    await writeFile(marker, 'mine');
    const again = await makeDemoRepos({ directory, example, run: () => Promise.reject(new Error('no git needed')) });
    expect(again.reused).toBe(true);
    expect(await readFile(marker, 'utf8')).toBe('mine');
  });

  it('are not seen half made when git fails', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'trainyard-repos-'));
    try {
      const failing = makeDemoRepos({ directory: empty, example, run: () => Promise.reject(new Error('disk full')) });
      await expect(failing).rejects.toThrow('disk full');
      const retried = await makeDemoRepos({ directory: empty, example, run: runGit });
      expect(retried.reused).toBe(false);
    } finally {
      await rm(empty, { recursive: true, force: true });
    }
  });
});
