import type { Notice } from '../domain/notice.ts';
import type { RunRecord } from '../domain/record.ts';
import type { RankUsage } from '../domain/run-state.ts';

/** Absolute paths of one run. */
export interface RunPaths {
  readonly root: string;
  readonly output: string;
  readonly package: string;
  readonly logs: string;
  readonly metrics: string;
  readonly record: string;
}

export interface Snapshot {
  /** sha256 over names, modes and contents. */
  readonly digest: string;
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
}

/** What a folder of one run holds after it was copied from another's. */
export interface TreeCopy {
  /** sha256 over names, kinds and contents, hex. */
  readonly digest: string;
  readonly files: number;
  readonly bytes: number;
}

/** A log file of a run. */
export interface LogFile {
  readonly job: string;
  readonly role: string;
  readonly rank: number;
  readonly path: string;
  readonly bytes: number;
}

/** The directory that holds runs' files. Throws `TY_WORKSPACE_*`, `TY_DISK_FULL`, `TY_SNAPSHOT_REFUSED`. */
export interface Workspace {
  readonly root: string;
  paths(runId: string): RunPaths;
  /** Makes the run's folders. */
  prepare(runId: string): Promise<RunPaths>;
  /** Writes `run.json` beside, fsyncs, renames. */
  writeRecord(record: RunRecord): Promise<void>;
  readRecord(runId: string): Promise<RunRecord | null>;
  listRecords(): Promise<readonly RunRecord[]>;
  /** Keeps what people outside are to be told, until they are. The same id is told once however often it comes. */
  announce(notice: Notice): Promise<void>;
  /** Throws `TY_DISK_FULL` with need and have, when fewer than `bytes` plus the reserve are free. */
  requireFree(bytes: number): Promise<void>;
  /** Copies a folder under its digest; an equal one is reused. */
  snapshot(directory: string): Promise<Snapshot>;
  snapshotPath(digest: string): string;
  /** Copies a package to `published/<service>/<version>/`, renamed in. Idempotent. */
  publish(service: string, version: string, from: string): Promise<string>;
  /**
   * Puts a copy of another run's folder in the place of this run's own: cloned where the file system can, writable,
   * renamed in. Names in `leaveOut` are not copied from its top.
   */
  takeOver(
    from: { readonly runId: string; readonly leaveOut: readonly string[] },
    to: string,
    what: 'output' | 'package',
  ): Promise<TreeCopy>;
  /** Removes all that a run has left, its record last. One that is not there is fine. */
  remove(runId: string): Promise<void>;
  logFiles(runId: string): Promise<readonly LogFile[]>;
  /** The latest sample of each rank of a run; empty where nothing was sampled. */
  usage(runId: string): Promise<readonly RankUsage[]>;
  /** Empties output and package, for a new attempt or after a cancel. */
  clear(runId: string, what: 'output' | 'package'): Promise<void>;
}
