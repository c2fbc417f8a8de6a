import { chown, cp, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { fitsName, isUnfinished, newestOf } from '../domain/checkpoint.ts';
import type { FoundCheckpoint } from '../domain/checkpoint.ts';

/**
 * The newest checkpoint in an output folder, at the path that a recipe declared. What is empty, unfinished by its name,
 * or a link out of the folder does not count. Reads names and times only: what is in it is the trainer's.
 */
export async function newestCheckpoint(output: string, declared: string): Promise<FoundCheckpoint | null> {
  const top = await realpath(output).catch(() => null);
  if (top === null) return null;
  const full = join(top, declared);
  const last = full.slice(full.lastIndexOf(sep) + 1);
  const folder = last.includes('*') ? dirname(full) : full;
  const names = await readdir(folder).catch(() => null);
  if (names === null) return await lookAt(top, full);
  const wanted = names.filter((name) => !isUnfinished(name) && (folder === full || fitsName(name, last)));
  const found = await Promise.all(wanted.map((name) => lookAt(top, join(folder, name))));
  return newestOf(found.filter((one) => one !== null));
}

/** Whether a checkpoint is still where it was. */
export async function hasCheckpoint(output: string, path: string): Promise<boolean> {
  const top = await realpath(output).catch(() => null);
  return top !== null && (await lookAt(top, join(top, path))) !== null;
}

async function lookAt(top: string, path: string): Promise<FoundCheckpoint | null> {
  const real = await realpath(path).catch(() => null);
  if (real === null || !real.startsWith(`${top}${sep}`)) return null;
  const info = await stat(real).catch(() => null);
  if (info === null) return null;
  const times = info.isDirectory() ? await writtenInside(real) : info.size > 0 ? [info.mtimeMs] : [];
  if (times.length === 0) return null;
  const at = new Date(Math.max(info.mtimeMs, ...times)).toISOString();
  return { path: relative(top, path).split(sep).join('/'), at };
}

/** When the files right inside a folder were written; a folder itself does not change when they grow. */
async function writtenInside(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch(() => []);
  const times = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)));
  return times.flatMap((info) => (info === null ? [] : [info.mtimeMs]));
}

/** Bytes of a file, or of all files of a folder. */
export async function bytesOf(path: string): Promise<number> {
  const info = await stat(path);
  if (!info.isDirectory()) return info.size;
  const names = await readdir(path, { recursive: true });
  const sizes = await Promise.all(names.map((name) => stat(join(path, name)).catch(() => null)));
  return sizes.reduce((sum, one) => sum + (one?.isFile() === true ? one.size : 0), 0);
}

/**
 * Copies a checkpoint, renamed in when it is complete, with its times. It belongs to whom the original belongs, and so
 * do the folders made for it: a pod must be able to write beside it.
 * @param top folder that is there, above `to`
 */
export async function copyCheckpoint(from: string, top: string, to: string): Promise<void> {
  const { uid, gid } = await stat(from);
  const made = await mkdir(dirname(to), { recursive: true });
  const beside = join(dirname(to), `.${randomUUID()}.tmp`);
  try {
    await cp(await realpath(from), beside, {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    });
    await give(beside, uid, gid);
    if (made !== undefined)
      for (const folder of between(top, dirname(to))) await ignoreRefusal(chown(folder, uid, gid));
    await rm(to, { recursive: true, force: true });
    await rename(beside, to);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

async function give(path: string, uid: number, gid: number): Promise<void> {
  await ignoreRefusal(chown(path, uid, gid));
  if (!(await stat(path)).isDirectory()) return;
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await ignoreRefusal(chown(join(entry.parentPath, entry.name), uid, gid));
  }
}

/** Only root gives files away; for anybody else the pods run as the worker's own user. */
async function ignoreRefusal(work: Promise<void>): Promise<void> {
  await work.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPERM') throw error;
  });
}

function between(top: string, folder: string): readonly string[] {
  const parts = relative(top, folder).split(sep);
  return parts.map((_part, index) => join(top, ...parts.slice(0, index + 1)));
}
