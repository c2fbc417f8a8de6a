import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes that a folder takes on the disk; a file with several names counts once. */
export async function diskBytes(...folders: readonly string[]): Promise<number> {
  const seen = new Set<string>();
  let sum = 0;
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const { dev, ino, blocks } = await lstat(join(entry.parentPath, entry.name));
      if (seen.has(`${dev}:${ino}`)) continue;
      seen.add(`${dev}:${ino}`);
      sum += blocks * 512;
    }
  }
  return sum;
}

/** Throws before anything is written where the disk has too little room. */
export async function requireRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  const mebibytes = (value: number): number => Math.ceil(value / 2 ** 20);
  throw new Error(
    `${folder} has ${mebibytes(bavail * bsize)} MiB free and the bench needs ${mebibytes(bytes)} MiB: use --mib N or TMPDIR`,
  );
}
