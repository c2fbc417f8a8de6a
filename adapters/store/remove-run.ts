import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RunPaths } from '../../ports/workspace.ts';

/** Removes a run's folder, its record last: until then it is known what is being removed. */
export async function removeRun({ root, record }: RunPaths): Promise<void> {
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const kept = basename(record);
  for (const name of names) if (name !== kept) await removeTree(join(root, name));
  await removeTree(root);
}

/** Removes a folder and all in it, also what a program made read-only. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    await chmod(dirname(path), 0o755).catch(() => undefined);
    await openUp(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function openUp(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found?.isDirectory() !== true) return;
  await chmod(path, 0o755).catch(() => undefined);
  for (const name of await readdir(path)) await openUp(join(path, name));
}
