import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { TrainyardError } from '../../domain/errors.ts';
import type { RunRecord } from '../../domain/record.ts';
import type { RankUsage } from '../../domain/run-state.ts';
import { crashPoint } from '../../ports/crash-point.ts';
import type { LogFile, RunPaths, Workspace } from '../../ports/workspace.ts';
import { createOutbox } from './outbox.ts';
import { copyTree } from './copy-tree.ts';
import { removeRun } from './remove-run.ts';
import { runPaths } from './run-paths.ts';
import { takeSnapshot } from './snapshot.ts';

export interface WorkspaceOptions {
  readonly root: string;
  /** Bytes that must stay free. */
  readonly minFreeBytes: number;
  /** Reads what the backend sampled of a run; given by the composition root. */
  readonly usage: (runRoot: string) => Promise<readonly RankUsage[]>;
}

/** A workspace in a folder: this machine's disk or a mounted claim. */
export function createWorkspace(options: WorkspaceOptions): Workspace {
  const { root } = options;
  const snapshots = join(root, 'snapshots');
  const outbox = createOutbox(root);
  return {
    root,
    paths: (runId) => runPaths(root, runId),
    prepare: (runId) => guarded(root, () => prepare(runPaths(root, runId))),
    writeRecord: (record) => guarded(root, () => writeJson(runPaths(root, record.runId).record, record)),
    readRecord: (runId) => guarded(root, () => readRecord(runPaths(root, runId).record)),
    listRecords: () => guarded(root, () => listRecords(root)),
    announce: (notice) => guarded(root, () => outbox.announce(notice)),
    requireFree: (bytes) => requireFree(root, bytes, options.minFreeBytes),
    snapshot: (directory) => guarded(root, () => takeSnapshot(directory, snapshots)),
    snapshotPath: (digest) => join(snapshots, digest),
    publish: (service, version, from) => guarded(root, () => publish(join(root, 'published', service, version), from)),
    takeOver: ({ runId, leaveOut }, to, what) =>
      guarded(root, () => copyTree(runPaths(root, runId)[what], runPaths(root, to)[what], leaveOut)),
    remove: (runId) => guarded(root, () => removeRun(runPaths(root, runId))),
    logFiles: (runId) => guarded(root, () => logFiles(runPaths(root, runId).logs)),
    usage: (runId) => guarded(root, () => options.usage(runPaths(root, runId).root)),
    clear: (runId, what) => guarded(root, () => clear(runPaths(root, runId)[what])),
  };
}

async function prepare(paths: RunPaths): Promise<RunPaths> {
  await mkdir(paths.output, { recursive: true });
  await mkdir(paths.package, { recursive: true });
  await mkdir(paths.logs, { recursive: true });
  return paths;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o644 });
}

async function readRecord(path: string): Promise<RunRecord | null> {
  const text = await readFile(path, 'utf8').catch(ifMissing(null));
  // Written by this very adapter, renamed into place: never a half.
  return text === null ? null : (JSON.parse(text) as RunRecord);
}

async function listRecords(root: string): Promise<readonly RunRecord[]> {
  const names = await readdir(join(root, 'runs')).catch(ifMissing<string[]>([]));
  const records = await Promise.all(names.map((name) => readRecord(runPaths(root, name).record)));
  return records.filter((record) => record !== null);
}

async function requireFree(root: string, bytes: number, reserve: number): Promise<void> {
  await mkdir(root, { recursive: true });
  const disk = await statfs(root);
  const have = disk.bavail * disk.bsize;
  if (have >= bytes + reserve) return;
  throw new TrainyardError('TY_DISK_FULL', 'the workspace has too little room', {
    where: root,
    why: `it needs ${mebibytes(bytes + reserve)} MiB and has ${mebibytes(have)} MiB`,
    needBytes: bytes,
  });
}

async function publish(target: string, from: string): Promise<string> {
  if (await stat(target).catch(ifMissing(null))) return target;
  await sweepDrafts(target);
  const beside = `${target}.tmp-${randomUUID()}`;
  try {
    await cp(from, beside, { recursive: true });
    crashPoint('publish.before-rename');
    await rename(beside, target);
    crashPoint('publish.renamed');
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return target;
}

/** What a worker left that was killed while it copied. */
async function sweepDrafts(target: string): Promise<void> {
  const names = await readdir(dirname(target)).catch(ifMissing<string[]>([]));
  const drafts = names.filter((name) => name.startsWith(`${basename(target)}.tmp-`));
  for (const name of drafts) await rm(join(dirname(target), name), { recursive: true, force: true });
}

async function logFiles(logs: string): Promise<readonly LogFile[]> {
  const found: LogFile[] = [];
  for (const job of await readdir(logs).catch(ifMissing<string[]>([]))) {
    for (const name of await readdir(join(logs, job)).catch(ifMissing<string[]>([]))) {
      const parts = /^(.+)-(\d+)\.log$/.exec(name);
      if (parts?.[1] === undefined) continue;
      const path = join(logs, job, name);
      const { size } = await stat(path);
      found.push({ job, role: parts[1], rank: Number(parts[2]), path, bytes: size });
    }
  }
  return found.toSorted((a, b) => a.job.localeCompare(b.job) || a.rank - b.rank);
}

async function clear(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
}

/** Node's file errors become Trainyard's; a full disk has its own code. */
async function guarded<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TrainyardError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    throw new TrainyardError(
      full ? 'TY_DISK_FULL' : 'TY_WORKSPACE_FAILED',
      full ? 'the disk of the workspace is full' : 'the workspace could not be read or written',
      { where: root, why: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
}

function ifMissing<T>(fallback: T): (error: unknown) => T {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return fallback;
    throw error;
  };
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}
