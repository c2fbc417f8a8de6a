import { randomUUID } from 'node:crypto';
import { chmod, copyFile, link, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { objectPath } from './lfs-pointer.ts';

/**
 * The Git folder whose LFS store git-lfs would use for a repository on this machine; `null` where its
 * settings move the store elsewhere, or it is no plain repository: git-lfs has to find out then.
 */
export async function localStore(path: string): Promise<string | null> {
  const inner = join(path, '.git');
  const gitDir = (await stat(inner).catch(() => null))?.isDirectory() === true ? inner : path;
  const config = await readFile(join(gitDir, 'config'), 'utf8').catch(() => null);
  if (config === null || /storage|\[include|worktree/i.test(config)) return null;
  return (await stat(join(gitDir, 'objects')).catch(() => null))?.isDirectory() === true ? gitDir : null;
}

/** Links an object from one store into another, or copies it; nobody sees a half. */
export async function copyObject(from: string, to: string, oid: string): Promise<void> {
  const source = objectPath(from, oid);
  const target = objectPath(to, oid);
  if ((await stat(target).catch(() => null))?.size === (await stat(source)).size) return;
  await mkdir(dirname(target), { recursive: true });
  const draft = `${target}.${randomUUID()}`;
  await link(source, draft).catch(async () => await copyFile(source, draft));
  await chmod(draft, 0o644);
  await flush(draft);
  await rename(draft, target);
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
