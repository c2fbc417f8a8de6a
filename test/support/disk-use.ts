import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes that folders take on disk; what is linked several times counts once. */
export function diskUse(...folders: readonly string[]): number {
  const inodes = new Map<string, number>();
  const add = (path: string): void => {
    const { dev, ino, blocks } = lstatSync(path);
    inodes.set(`${dev}:${ino}`, blocks * 512);
  };
  for (const folder of folders) {
    add(folder);
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) add(join(folder, name));
  }
  return [...inodes.values()].reduce((sum, bytes) => sum + bytes, 0);
}
