import { chmod, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatPointer } from '../../../../adapters/git/lfs-pointer.ts';
import {
  findPointers,
  listTree,
  makeReadOnly,
  makeWritable,
  requireSafe,
} from '../../../../adapters/git/tree-check.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ty-tree-'));
});

afterEach(async () => {
  await makeWritable(root);
  await rm(root, { recursive: true, force: true });
});

test('finds pointers by what they say, not by their names', async () => {
  const pointer = { oid: 'cd'.repeat(32), bytes: 3 };
  await mkdir(join(root, 'a'));
  await writeFile(join(root, 'a', 'weights'), formatPointer(pointer));
  await writeFile(join(root, 'b.bin'), 'x'.repeat(200));
  expect(await findPointers(root, await listTree(root))).toEqual([{ path: 'a/weights', pointer }]);
});

test('keeps the bit that makes a file a program when it takes away writing', async () => {
  await mkdir(join(root, 'a'));
  await writeFile(join(root, 'a', 'run.sh'), '');
  await chmod(join(root, 'a', 'run.sh'), 0o755);
  await writeFile(join(root, 'plain'), '');
  await makeReadOnly(root, await listTree(root));
  const modes = await Promise.all(
    ['.', 'a', 'a/run.sh', 'plain'].map(async (path) => (await lstat(join(root, path))).mode & 0o777),
  );
  expect(modes).toEqual([0o555, 0o555, 0o555, 0o444]);
});

test.each(['/etc', '..', 'a/../../x', '../other'])('a link to %s leaves the tree', async (target) => {
  await symlink(target, join(root, 'x'));
  await expect(requireSafe(root, await listTree(root))).rejects.toMatchObject({ code: 'TY_GIT_UNSAFE_TREE' });
});

test('links that stay inside, and dangling ones that do not climb, are fine', async () => {
  await writeFile(join(root, 'a'), '');
  await symlink('a', join(root, 'x'));
  await symlink('not-there', join(root, 'y'));
  await requireSafe(root, await listTree(root));
});

test('a nested Git folder is refused in every spelling', async () => {
  await mkdir(join(root, 'sub', '.Git'), { recursive: true });
  await expect(requireSafe(root, await listTree(root))).rejects.toMatchObject({ code: 'TY_GIT_UNSAFE_TREE' });
});
