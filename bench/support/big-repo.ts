import { createCipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { git } from '../../test/support/world-repos.ts';

const CHUNK = 2 ** 20;

export interface BigRepo {
  readonly url: string;
  readonly commit: string;
  readonly files: number;
}

/** A bare repository whose LFS files hold `mebibytes` that nothing can compress, the same at every run. */
export async function makeBigRepo(folder: string, mebibytes: number): Promise<BigRepo> {
  const bare = join(folder, 'big.git');
  const work = join(folder, 'big-work');
  await mkdir(work, { recursive: true });
  git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  git(work, 'init', '--quiet', '--initial-branch=main');
  git(work, 'lfs', 'install', '--local');
  await writeFile(join(work, '.gitattributes'), '*.bin filter=lfs diff=lfs merge=lfs -text\n');
  const files = Math.min(8, mebibytes);
  for (let at = 0; at < files; at += 1) {
    const size = Math.floor(mebibytes / files) + (at < mebibytes % files ? 1 : 0);
    await writeRandom(join(work, `part-${at}.bin`), size, at);
  }
  git(work, 'add', '--all');
  git(work, 'commit', '--quiet', '--message=first');
  const url = pathToFileURL(bare).href;
  git(work, 'remote', 'add', 'origin', url);
  git(work, 'push', '--quiet', 'origin', 'main');
  const commit = git(work, 'rev-parse', 'HEAD');
  await rm(work, { recursive: true, force: true });
  return { url, commit, files };
}

/** A key stream: as random as anything, and made at the speed of the disk. */
async function writeRandom(path: string, mebibytes: number, seed: number): Promise<void> {
  const key = createHash('sha256').update(`bench ${seed}`).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK);
  const file = createWriteStream(path);
  for (let at = 0; at < mebibytes; at += 1) {
    if (!file.write(cipher.update(zeros))) await once(file, 'drain');
  }
  await new Promise<void>((resolve, reject) => {
    file.once('error', reject);
    file.end(() => resolve());
  });
}
