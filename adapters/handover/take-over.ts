import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { atMost } from './at-most.ts';
import { damaged, manifestKey, objectKey, parseManifest } from './manifest.ts';
import type { Manifest, ManifestEntry } from './manifest.ts';
import type { ObjectStore } from './store.ts';

const AT_ONCE = 4;

type FileEntry = Extract<ManifestEntry, { kind: 'file' }>;

/**
 * Brings what lies under a key into an empty folder, each file compared with its digest; `null` = nothing whole is there.
 * @param prefix only what lies below this folder, which is then the top
 */
export async function takeOver(store: ObjectStore, key: string, into: string, prefix = ''): Promise<Manifest | null> {
  const text = await store.readText(manifestKey(key));
  if (text === null) return null;
  const manifest = parseManifest(text, `${store.name}, ${key}`);
  const wanted = manifest.entries.filter(({ path }) => prefix === '' || path.startsWith(`${prefix}/`));
  const at = (path: string): string => join(into, prefix === '' ? path : path.slice(prefix.length + 1));
  await mkdir(into, { recursive: true });
  for (const { kind, path } of wanted) if (kind === 'folder') await mkdir(at(path), { recursive: true });
  const files = wanted.filter((entry) => entry.kind === 'file');
  const first = new Map<string, FileEntry>();
  for (const entry of files) if (!first.has(entry.sha256)) first.set(entry.sha256, entry);
  await atMost(AT_ONCE, [...first.values()], (entry) => bring(store, key, entry, at(entry.path)));
  for (const entry of files) {
    const source = first.get(entry.sha256);
    if (source !== undefined && source !== entry) await again(at(source.path), at(entry.path));
    await chmod(at(entry.path), entry.executable ? 0o755 : 0o644);
  }
  // Last, so that nothing is ever written through one of them.
  for (const entry of wanted) if (entry.kind === 'link') await symlink(entry.target, at(entry.path));
  return manifest;
}

async function bring(store: ObjectStore, key: string, entry: FileEntry, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const hash = createHash('sha256');
  const measuring = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(await store.read(objectKey(key, entry.sha256)), measuring, createWriteStream(to, { flags: 'wx' }));
  const { size } = await lstat(to);
  if (size === entry.bytes && hash.digest('hex') === entry.sha256) return;
  throw damaged(`${store.name}, ${key}`, `${entry.path} has other contents than were handed over`);
}

async function again(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}
