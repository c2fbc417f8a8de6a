import type { RunRecord } from '../domain/record.ts';
import type { RankUsage } from '../domain/run-state.ts';
import type { LogFile } from './workspace.ts';

/**
 * Reads what runs leave, wherever the site of a run keeps it. A run that nobody knows has left nothing.
 * Throws `TY_WORKSPACE_FAILED`, and where files come over the network `TY_FILES_*`.
 */
export interface RunFiles {
  readRecord(runId: string): Promise<RunRecord | null>;
  /** Files on this machine. What lies elsewhere is brought here as far as it has grown. */
  logFiles(runId: string): Promise<readonly LogFile[]>;
  /** The latest sample of each rank. */
  usage(runId: string): Promise<readonly RankUsage[]>;
  /** The file of its metrics on this machine, brought here as far as it has grown; `null` = not known yet. */
  metricsFile(runId: string): Promise<string | null>;
  /** Removes all that a run has left; nothing where it has left nothing. Throws `TY_FILES_ELSEWHERE` over the network. */
  remove(runId: string): Promise<void>;
  /** Ends connections and removes what was brought here. */
  close(): Promise<void>;
}
