import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyTree } from '../../../../adapters/store/copy-tree.ts';
import { removeRun } from '../../../../adapters/store/remove-run.ts';
import { runPaths } from '../../../../adapters/store/run-paths.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'trainyard-copy-'));
  await mkdir(join(root, 'a/inner/empty'), { recursive: true });
  await writeFile(join(root, 'a/weights.bin'), 'weights');
  await writeFile(join(root, 'a/inner/run.sh'), 'true', { mode: 0o555 });
  await writeFile(join(root, 'a/inner/README.md'), 'inner');
  await writeFile(join(root, 'a/README.md'), 'card');
  await symlink(join(root, 'a/weights.bin'), join(root, 'a/inner/latest'));
  await symlink('/etc/passwd', join(root, 'a/outside'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const copy = (to: string, leaveOut: readonly string[] = []) => copyTree(join(root, 'a'), join(root, to), leaveOut);

describe('a copy of a folder', () => {
  it('holds the same, may be written to, and leads nowhere into the original', async () => {
    const { files, bytes } = await copy('b');
    expect({ files, bytes }).toEqual({
      files: 4,
      bytes: 'weights'.length + 'true'.length + 'inner'.length + 'card'.length,
    });
    expect((await readdir(join(root, 'b'), { recursive: true })).toSorted()).toEqual(
      (await readdir(join(root, 'a'), { recursive: true })).toSorted(),
    );
    expect((await lstat(join(root, 'b/inner/run.sh'))).mode & 0o777).toBe(0o755);
    expect(await readlink(join(root, 'b/inner/latest'))).toBe('../weights.bin');
    expect(await readlink(join(root, 'b/outside'))).toBe('/etc/passwd');
    await writeFile(join(root, 'b/weights.bin'), 'other');
    expect(await readFile(join(root, 'a/weights.bin'), 'utf8')).toBe('weights');
  });

  it('has the digest of every other copy of the same, and another one once a byte differs', async () => {
    const { digest } = await copy('b');
    expect((await copy('c')).digest).toBe(digest);
    expect((await copyTree(join(root, 'b'), join(root, 'd'), [])).digest).not.toBe('');
    await writeFile(join(root, 'a/weights.bin'), 'weightz');
    expect((await copy('e')).digest).not.toBe(digest);
  });

  it('takes the place of what was there, leaves out names of its top only, and leaves nothing beside', async () => {
    await mkdir(join(root, 'b'));
    await writeFile(join(root, 'b/old'), 'old');
    await mkdir(join(root, 'b.copy-of-a-dead-try'));
    await copy('b', ['README.md']);
    expect((await readdir(join(root, 'b'))).toSorted()).toEqual(['inner', 'outside', 'weights.bin']);
    expect(await readFile(join(root, 'b/inner/README.md'), 'utf8')).toBe('inner');
    expect((await readdir(root)).toSorted()).toEqual(['a', 'b']);
  });
});

describe('removing a run', () => {
  it('removes also what a program made read-only, and is fine when there is nothing', async () => {
    const paths = runPaths(root, 'run-a');
    await mkdir(join(paths.output, 'deep'), { recursive: true });
    await writeFile(join(paths.output, 'deep/file'), 'x');
    await writeFile(paths.record, '{}');
    await chmod(join(paths.output, 'deep'), 0o555);
    await removeRun(paths);
    expect(await readdir(join(root, 'runs'))).toEqual([]);
    await removeRun(paths);
  });
});
