import { chmod, lstat, open, readdir, readlink, realpath } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import { MAX_POINTER_BYTES, parsePointer } from './lfs-pointer.ts';
import type { PointerFile } from './lfs-store.ts';
import { forEachLimit } from './limit.ts';

/** Smallest text that can be a pointer. */
const MIN_POINTER_BYTES = 100;

/** A file or folder below a root; `path` is relative. */
export interface TreeEntry {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** Everything below a folder, without following links. */
export async function listTree(root: string): Promise<readonly TreeEntry[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.map((entry) => {
    const full = join(entry.parentPath, entry.name);
    const kind = entry.isSymbolicLink() ? 'link' : entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other';
    return { path: full.slice(root.length + 1), kind };
  });
}

/** Throws `TY_GIT_UNSAFE_TREE` for links that leave the tree, devices, and nested Git folders. */
export async function requireSafe(root: string, entries: readonly TreeEntry[]): Promise<void> {
  const base = await realpath(root);
  for (const { path, kind } of entries) {
    if (path.split('/').some((part) => part.toLowerCase() === '.git')) throw unsafe(path, 'is a Git folder of its own');
    if (kind === 'other') throw unsafe(path, 'is neither a file nor a folder');
    if (kind === 'link') await requireInside(base, path);
  }
}

/** Files that are LFS pointers. */
export async function findPointers(root: string, entries: readonly TreeEntry[]): Promise<readonly PointerFile[]> {
  const found: PointerFile[] = [];
  await forEachLimit(entries, 16, async ({ path, kind }) => {
    if (kind !== 'file') return;
    const full = join(root, path);
    const { size } = await lstat(full);
    if (size < MIN_POINTER_BYTES || size > MAX_POINTER_BYTES) return;
    const pointer = parsePointer(await readSmall(full));
    if (pointer !== null) found.push({ path, pointer });
  });
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Takes every write permission away; folders last, deepest first. */
export async function makeReadOnly(root: string, entries: readonly TreeEntry[]): Promise<void> {
  await forEachLimit(entries, 16, async ({ path, kind }) => {
    if (kind !== 'file') return;
    const full = join(root, path);
    const { mode } = await lstat(full);
    await chmod(full, (mode & 0o100) === 0 ? 0o444 : 0o555);
  });
  const folders = entries.filter(({ kind }) => kind === 'folder').map(({ path }) => path);
  for (const path of folders.toSorted((a, b) => b.length - a.length)) await chmod(join(root, path), 0o555);
  await chmod(root, 0o555);
}

/** Removes a tree that was made read-only. */
export async function makeWritable(root: string): Promise<void> {
  const found = await lstat(root).catch(() => null);
  if (found === null || !found.isDirectory()) return;
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(root, entry.name));
  }
}

/** Checked as text and on disk: a chain of links can leave where none does by itself. */
async function requireInside(base: string, path: string): Promise<void> {
  const target = await readlink(join(base, path));
  if (target.startsWith('/')) throw unsafe(path, `links to ${target}`);
  const joined = posix.join(posix.dirname(path), target);
  if (joined === '..' || joined.startsWith('../')) throw unsafe(path, `links to ${target}, outside the repository`);
  const real = await realpath(join(base, path)).catch(() => null);
  if (real === null) {
    if (target.split('/').includes('..')) throw unsafe(path, `links to ${target}, which does not exist`);
    return;
  }
  if (real !== base && !real.startsWith(`${base}/`)) throw unsafe(path, `leads to ${target}, outside the repository`);
}

async function readSmall(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_POINTER_BYTES), 0, MAX_POINTER_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function unsafe(path: string, why: string): TrainyardError {
  return new TrainyardError('TY_GIT_UNSAFE_TREE', `"${path}" ${why}`, { where: path, why });
}
