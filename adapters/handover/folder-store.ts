import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TrainyardError } from '../../domain/errors.ts';
import type { ObjectStore } from './store.ts';

/** Objects as files of a mounted claim. */
export function createFolderStore(root: string, name: string): ObjectStore {
  const at = (key: string): string => join(root, key);
  const store: ObjectStore = {
    name,
    size: (key) => guarded(name, async () => (await stat(at(key)).catch(ifMissing(null)))?.size ?? null),
    readText: (key) => guarded(name, () => readFile(at(key), 'utf8').catch(ifMissing(null))),
    createText: (key, text) => guarded(name, () => create(at(key), (beside) => writeFile(beside, text))),
    read: (key) => guarded(name, async () => Promise.resolve(createReadStream(at(key)))),
    write: (key, file) =>
      guarded(name, async () => {
        await beside(at(key), (draft) => copyFile(file, draft), rename);
      }),
    remove: (prefix) => guarded(name, () => rm(at(prefix), { recursive: true, force: true })),
    check: () => check(store, root),
  };
  return store;
}

/** Appears under its name whole, and only if nothing had it: a link does not replace. */
async function create(path: string, write: (draft: string) => Promise<void>): Promise<boolean> {
  try {
    await beside(path, write, async (draft, target) => {
      await link(draft, target);
      await rm(draft);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function beside(
  path: string,
  write: (draft: string) => Promise<void>,
  place: (draft: string, target: string) => Promise<void>,
): Promise<void> {
  const draft = `${path}.${randomUUID()}.new`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await write(draft);
    const file = await open(draft, 'r');
    await file.sync();
    await file.close();
    await place(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

async function check(store: ObjectStore, root: string): Promise<void> {
  const key = `probe-${randomUUID()}`;
  try {
    await store.createText(key, 'x');
    await store.remove(key);
  } catch (error) {
    throw new TrainyardError('TY_SITE_HANDOVER', `nothing can be left in ${store.name}`, {
      where: root,
      why: error instanceof TrainyardError ? (error.details.why ?? error.message) : String(error),
      fix: `mount the claim at ${root} in the worker, writable for its user`,
    });
  }
}

async function guarded<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TrainyardError) throw error;
    throw new TrainyardError('TY_HANDOVER_FAILED', `${name} could not be read or written`, {
      where: name,
      why: error instanceof Error ? error.message : String(error),
    });
  }
}

function ifMissing<T>(fallback: T): (error: unknown) => T {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return fallback;
    throw error;
  };
}
