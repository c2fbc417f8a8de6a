import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TrainyardError } from '../../domain/errors.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import { atMost } from './at-most.ts';
import { manifestKey, objectKey, staysInside } from './manifest.ts';
import type { Manifest, ManifestEntry } from './manifest.ts';
import type { ObjectStore } from './store.ts';

const AT_ONCE = 4;

/**
 * Puts folders of `root` under a key: every file by its digest, then the list of them. What is there already is left as
 * it is: false = somebody was here before.
 */
export async function handOver(
  store: ObjectStore,
  key: string,
  root: string,
  folders: readonly string[],
): Promise<boolean> {
  if ((await store.size(manifestKey(key))) !== null) return false;
  const found: ManifestEntry[] = [];
  for (const folder of folders) found.push(...(await entriesOf(root, folder)));
  await atMost(AT_ONCE, found, async (entry) => {
    if (entry.kind !== 'file') return;
    const place = objectKey(key, entry.sha256);
    if ((await store.size(place)) === entry.bytes) return;
    await store.write(place, join(root, entry.path), entry.bytes);
  });
  crashPoint('handover.before-manifest');
  const manifest: Manifest = { schema: 1, entries: found };
  return await store.createText(manifestKey(key), JSON.stringify(manifest));
}

async function entriesOf(root: string, path: string): Promise<readonly ManifestEntry[]> {
  const full = join(root, path);
  const info = await lstat(full).catch(() => null);
  if (info === null) return [];
  if (info.isFile()) {
    const sha256 = await digestOf(full);
    return [{ kind: 'file', path, bytes: info.size, sha256, executable: (info.mode & 0o100) !== 0 }];
  }
  if (info.isSymbolicLink()) {
    const target = await readlink(full);
    if (staysInside(path, target)) return [{ kind: 'link', path, target }];
    throw new TrainyardError('TY_HANDOVER_REFUSED', `the link ${path} leads out of the output`, {
      where: path,
      why: `it points to ${target}`,
    });
  }
  // Sockets and pipes of programs that have ended are nothing anybody could use.
  if (!info.isDirectory()) return [];
  const below: ManifestEntry[] = [{ kind: 'folder', path }];
  for (const name of (await readdir(full)).toSorted()) below.push(...(await entriesOf(root, `${path}/${name}`)));
  return below;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
