import { constants } from 'node:fs';
import { open, readlink, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';

/**
 * Opens a plain file of a run to be read; `null` = there is none. Where a link leads out of the folder the file does
 * not exist: training can write what it likes into its output, and what it writes may change at any moment.
 * @param path names below the run's folder; a file below its first one stays below that
 */
export async function openInside(
  root: string,
  runId: string,
  path: readonly [string, ...string[]],
): Promise<FileHandle | null> {
  const runs = await realpath(join(root, 'runs')).catch(() => null);
  if (runs === null) return null;
  const [top, ...below] = path;
  const base = join(runs, runId, top);
  const inside = (real: string): boolean => (below.length === 0 ? real === base : real.startsWith(base + sep));
  let file: FileHandle;
  try {
    // A pipe would wait for somebody who writes.
    file = await open(join(base, ...below), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const plain = (await file.stat()).isFile();
    if (plain && inside(await pathOf(file, join(base, ...below)))) return file;
  } catch {
    // As if it were not there.
  }
  await file.close();
  return null;
}

/** Where the open file really lies: of what is open, not of what a path means by now. */
async function pathOf(file: FileHandle, path: string): Promise<string> {
  return await readlink(`/proc/self/fd/${file.fd}`).catch(() => realpath(path));
}
