import { stat } from 'node:fs/promises';
import { readRunUsage } from '../adapters/local/run-usage.ts';
import { createWorkspace } from '../adapters/store/workspace-fs.ts';
import { isRunId } from '../domain/names.ts';
import type { RunFiles } from '../ports/run-files.ts';
import type { Workspace } from '../ports/workspace.ts';
import type { Settings } from '../spec/settings.ts';

/** Where a run's files may be, asked in this order. */
interface Store {
  /** Whether it is here that the run has its files. */
  has(runId: string): Promise<boolean>;
  readonly files: RunFiles;
}

/** Where a run is found it stays. */
const LOOK_AGAIN_MS = 2000;

/**
 * Reads the files of runs: from the workspace of the settings, from those of sites that this machine mounts, and from
 * the workers of the others.
 * @param remote what reads over the network, by site; made when it is needed
 */
export function createRunFiles(
  own: Workspace,
  { sites, minFree }: Pick<Settings, 'sites' | 'minFree'>,
  remote: readonly RunFiles[],
): RunFiles {
  const roots = [...new Set(Object.values(sites).map(({ workspace }) => workspace.root))];
  const mounted = roots
    .filter((root) => root !== own.root)
    .map((root) => createWorkspace({ root, minFreeBytes: minFree, usage: readRunUsage }));
  const stores = [...[own, ...mounted].map(folderStore), ...remote.map(remoteStore)];
  const known = new Map<string, RunFiles>();
  const missed = new Map<string, number>();
  const find = async (runId: string): Promise<RunFiles | null> => {
    if (!isRunId(runId)) return null;
    const found = known.get(runId);
    if (found !== undefined) return found;
    // A run that has just been started has no folder yet; whoever waits for it asks four times a second.
    if (performance.now() - (missed.get(runId) ?? -Infinity) < LOOK_AGAIN_MS) return null;
    const trouble: unknown[] = [];
    for (const { has, files } of stores) {
      const there = await has(runId).catch((error: unknown) => void trouble.push(error));
      if (there !== true) continue;
      known.set(runId, files);
      return files;
    }
    missed.set(runId, performance.now());
    // It may be where nobody answers.
    if (trouble.length > 0) throw trouble[0];
    return null;
  };
  return {
    readRecord: async (runId) => (await (await find(runId))?.readRecord(runId)) ?? null,
    logFiles: async (runId) => (await (await find(runId))?.logFiles(runId)) ?? [],
    usage: async (runId) => (await (await find(runId))?.usage(runId)) ?? [],
    metricsFile: async (runId) => (await (await find(runId))?.metricsFile(runId)) ?? null,
    remove: async (runId) => {
      await (await find(runId))?.remove(runId);
      known.delete(runId);
    },
    close: async () => void (await Promise.all(remote.map((files) => files.close()))),
  };
}

/** The files of runs that lie in a folder of this machine. */
export function folderFiles(workspace: Workspace): RunFiles {
  return {
    readRecord: (runId) => workspace.readRecord(runId),
    logFiles: (runId) => workspace.logFiles(runId),
    usage: (runId) => workspace.usage(runId),
    metricsFile: (runId) => Promise.resolve(workspace.paths(runId).metrics),
    remove: (runId) => workspace.remove(runId),
    close: () => Promise.resolve(),
  };
}

function folderStore(workspace: Workspace): Store {
  return {
    has: async (runId) => {
      const found = await stat(workspace.paths(runId).root).catch(() => null);
      return found?.isDirectory() === true;
    },
    files: folderFiles(workspace),
  };
}

function remoteStore(files: RunFiles): Store {
  return { files, has: async (runId) => (await files.readRecord(runId)) !== null };
}
