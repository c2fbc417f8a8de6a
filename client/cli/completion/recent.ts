import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

const KEPT = 50;

/** Ids of runs seen lately, newest first: completion has no time to ask a server. */
export async function recentRuns(env: Env): Promise<readonly string[]> {
  const text = await readFile(recentPath(env), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

/** Remembers ids, newest first. A cache that cannot be written stops nobody. */
export async function rememberRuns(runIds: readonly string[], env: Env): Promise<void> {
  const path = recentPath(env);
  const before = await recentRuns(env);
  const merged = [...new Set([...runIds, ...before])].filter((id) => /^[-\w.]+$/.test(id)).slice(0, KEPT);
  if (merged.join('\n') === before.join('\n')) return;
  try {
    await mkdir(dirname(path), { recursive: true });
    const beside = `${path}.${process.pid}`;
    await writeFile(beside, `${merged.join('\n')}\n`);
    await rename(beside, path);
  } catch {
    // Only completion is poorer for it.
  }
}

function recentPath(env: Env): string {
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(cache, 'trainyard', 'recent-runs');
}
