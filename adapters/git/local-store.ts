import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { objectPath } from './lfs-pointer.ts';
import type { LfsPointer } from './lfs-pointer.ts';

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

/** Up to this size an object is copied through memory; larger ones are cloned where the file system can. */
const SMALL = 1 << 20;

/**
 * Takes an object out of another store as a copy of its own, read-only, after checking that it is what its id
 * says. False when it is not there, or is something else: git-lfs may know better. Under the target's lease.
 */
export async function takeObject(from: string, to: string, pointer: LfsPointer): Promise<boolean> {
  const source = objectPath(from, pointer.oid);
  if ((await stat(source).catch(() => null))?.size !== pointer.bytes) return false;
  const target = objectPath(to, pointer.oid);
  await mkdir(dirname(target), { recursive: true });
  const draft = `${target}.lock`;
  if (!(await copyChecked(source, draft, pointer))) {
    await rm(draft, { force: true });
    return false;
  }
  await chmod(draft, 0o444);
  await rename(draft, target);
  return true;
}

async function copyChecked(source: string, draft: string, pointer: LfsPointer): Promise<boolean> {
  if (pointer.bytes > SMALL) {
    await copyFile(source, draft, constants.COPYFILE_FICLONE);
    return (await sha256File(draft)) === pointer.oid;
  }
  const content = await readFile(source);
  if (createHash('sha256').update(content).digest('hex') !== pointer.oid) return false;
  await writeFile(draft, content);
  return true;
}

export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
