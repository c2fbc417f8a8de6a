import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { placeProgram } from './go.mjs';
import { download, fetchText } from './net.mjs';
import { run } from './process.mjs';

async function digestOf(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** The digest a checksum list gives for a file; null when the file is not in it. */
export function publishedDigest(list, name) {
  for (const line of list.split('\n')) {
    const [digest, file] = line.trim().split(/\s+\*?/);
    if (file === name && /^[0-9a-f]{64}$/.test(digest ?? '')) return digest;
  }
  return null;
}

/**
 * A program out of a published archive, checked against the release's own list of sha256 sums. Without a sum
 * nothing is unpacked.
 * @param {{folder: string, archive: string, sums: string, member: string, path: string}} release
 */
export async function installRelease(release, task, scratch) {
  const { folder, archive, sums, member, path } = release;
  const expected = publishedDigest(await fetchText(`${folder}/${sums}`), archive);
  if (expected === null) throw new Error(`${sums} has no sha256 of ${archive}`);
  const file = join(scratch, archive);
  await download(`${folder}/${archive}`, file, task);
  const actual = await digestOf(file);
  if (actual !== expected) throw new Error(`${archive} has sha256 ${actual}, published is ${expected}`);
  const result = await run('tar', ['-xf', file, '-C', scratch], {});
  if (!result.ok) throw new Error(result.why);
  return placeProgram(join(scratch, ...member.split('/')), path, scratch);
}
