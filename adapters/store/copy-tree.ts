import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readlink, rename, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { TreeCopy } from '../../ports/workspace.ts';
import { removeTree } from './remove-run.ts';

interface Walk {
  readonly from: string;
  readonly to: string;
  readonly hash: ReturnType<typeof createHash>;
  files: number;
  bytes: number;
}

/**
 * Copies a folder over another one, which it replaces when it is complete. Everything in the copy may be written to:
 * whoever works in it changes nothing of the original.
 */
export async function copyTree(from: string, to: string, leaveOut: readonly string[]): Promise<TreeCopy> {
  await sweep(to);
  const beside = `${to}.copy-${randomUUID()}`;
  const walk: Walk = { from, to: beside, hash: createHash('sha256'), files: 0, bytes: 0 };
  try {
    await copyFolder(walk, '', new Set(leaveOut));
    await removeTree(to);
    await rename(beside, to);
  } finally {
    await removeTree(beside);
  }
  return { digest: walk.hash.digest('hex'), files: walk.files, bytes: walk.bytes };
}

/** Copies that an attempt was killed over. */
async function sweep(to: string): Promise<void> {
  const names = await readdir(dirname(to)).catch(() => []);
  for (const name of names) if (name.startsWith(`${basename(to)}.copy-`)) await removeTree(join(dirname(to), name));
}

async function copyFolder(walk: Walk, path: string, leaveOut: ReadonlySet<string>): Promise<void> {
  await mkdir(join(walk.to, path), { recursive: true });
  const entries = await readdir(join(walk.from, path), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (leaveOut.has(entry.name)) continue;
    const inner = join(path, entry.name);
    if (entry.isDirectory()) {
      walk.hash.update(`folder\0${inner}\0`);
      await copyFolder(walk, inner, new Set());
    } else if (entry.isSymbolicLink()) {
      await copyLink(walk, inner);
    } else if (entry.isFile()) {
      await copyOne(walk, inner);
    }
    // Sockets and pipes of a program that has ended mean nothing.
  }
}

async function copyOne(walk: Walk, path: string): Promise<void> {
  const to = join(walk.to, path);
  await copyFile(join(walk.from, path), to, constants.COPYFILE_FICLONE);
  const { mode, size } = await lstat(to);
  const executable = (mode & 0o100) !== 0;
  await chmod(to, executable ? 0o755 : 0o644);
  walk.hash.update(`file\0${executable ? 'x' : '-'}\0${path}\0${size}\0`);
  // Of the copy, not of what was copied: what is told is what is there.
  await pipeline(createReadStream(to, { highWaterMark: 1 << 20 }), walk.hash, { end: false });
  walk.files += 1;
  walk.bytes += size;
}

/** A link inside the folder leads to the copy; one out of it still leads to where it led. */
async function copyLink(walk: Walk, path: string): Promise<void> {
  const written = await readlink(join(walk.from, path));
  const target = resolve(dirname(join(walk.from, path)), written);
  const inside = target === walk.from || target.startsWith(walk.from + sep);
  const link = inside ? relative(dirname(join(walk.from, path)), target) || '.' : target;
  walk.hash.update(`link\0${path}\0${inside ? link : target}\0`);
  await symlink(link, join(walk.to, path));
}
