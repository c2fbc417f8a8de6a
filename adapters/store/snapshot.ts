import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TrainyardError } from '../../domain/errors.ts';
import type { Snapshot } from '../../ports/workspace.ts';

/** Folders that are never part of code. */
const LEFT_OUT = new Set(['.git', '.trainyard', 'node_modules', '__pycache__', '.venv']);

const MAX_BYTES = 1024 ** 3;

interface Entry {
  readonly path: string;
  readonly kind: 'file' | 'link';
  readonly executable: boolean;
  readonly bytes: number;
}

/** Copies a folder to `<into>/<digest>`; an equal one is reused. */
export async function takeSnapshot(directory: string, into: string): Promise<Snapshot> {
  const source = resolve(directory);
  const entries = await listEntries(source);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes > MAX_BYTES) {
    throw refused(source, `it holds ${Math.round(bytes / 1024 ** 2)} MiB, more than 1024 MiB`);
  }
  const digest = await digestOf(source, entries);
  const path = join(into, digest);
  const found = await lstat(path).catch(() => null);
  if (found === null) await copyInto(source, entries, path);
  return { digest, path, files: entries.length, bytes };
}

async function listEntries(source: string): Promise<readonly Entry[]> {
  const top = await lstat(source).catch(() => null);
  if (!top?.isDirectory()) throw refused(source, 'there is no such folder');
  const found: Entry[] = [];
  await walk(source, source, found);
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function walk(top: string, at: string, found: Entry[]): Promise<void> {
  for (const item of await readdir(at, { withFileTypes: true })) {
    if (LEFT_OUT.has(item.name)) continue;
    const full = join(at, item.name);
    const path = relative(top, full);
    if (item.isDirectory()) {
      await walk(top, full, found);
    } else if (item.isSymbolicLink()) {
      const target = resolve(dirname(full), await readlink(full));
      if (!target.startsWith(`${top}/`)) throw refused(top, `the link ${path} leaves the folder`);
      found.push({ path, kind: 'link', executable: false, bytes: 0 });
    } else if (item.isFile()) {
      const info = await lstat(full);
      found.push({ path, kind: 'file', executable: (info.mode & 0o100) !== 0, bytes: info.size });
    } else {
      throw refused(top, `${path} is neither a file, a folder nor a link`);
    }
  }
}

async function digestOf(source: string, entries: readonly Entry[]): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of entries) {
    hash.update(`${entry.kind}\0${entry.executable ? 'x' : '-'}\0${entry.path}\0${entry.bytes}\0`);
    if (entry.kind === 'link') hash.update(await readlink(join(source, entry.path)));
    else await pipeline(createReadStream(join(source, entry.path)), hash, { end: false });
  }
  return hash.digest('hex');
}

async function copyInto(source: string, entries: readonly Entry[], path: string): Promise<void> {
  const beside = `${path}.tmp-${randomUUID()}`;
  try {
    await mkdir(beside, { recursive: true });
    for (const entry of entries) {
      const to = join(beside, entry.path);
      await mkdir(dirname(to), { recursive: true });
      if (entry.kind === 'link') {
        await symlink(await readlink(join(source, entry.path)), to);
      } else {
        await copyFile(join(source, entry.path), to, constants.COPYFILE_FICLONE);
        await chmod(to, entry.executable ? 0o555 : 0o444);
      }
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    // Another run put the same digest there first: that one is as good.
    if (!(await lstat(path).catch(() => null))) throw error;
  }
}

function refused(directory: string, why: string): TrainyardError {
  return new TrainyardError('TY_SNAPSHOT_REFUSED', 'the folder cannot be taken as code', {
    where: directory,
    why,
  });
}
