import { dueForRemoval, OUTPUT_FOLDERS, type Retention } from '../domain/retention.ts';
import type { Workspace } from '../ports/workspace.ts';
import { amendRecord } from './records.ts';

/** What was removed, by run. */
export interface Retired {
  readonly runs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * Removes what ended runs have left for long enough.
 * @param now milliseconds
 */
export async function applyRetention(
  workspace: Pick<Workspace, 'listRecords' | 'readRecord' | 'writeRecord' | 'paths' | 'clear' | 'remove'>,
  retention: Retention,
  now: number,
): Promise<Retired> {
  const runs: string[] = [];
  const outputs: string[] = [];
  for (const record of await workspace.listRecords()) {
    const due = dueForRemoval(record, now, retention);
    if (due === 'run') {
      await workspace.remove(record.runId);
      runs.push(record.runId);
    } else if (due === 'outputs') {
      for (const folder of OUTPUT_FOLDERS) await workspace.clear(record.runId, folder);
      await amendRecord(workspace, record, { outputsRemovedAt: new Date(now).toISOString() });
      outputs.push(record.runId);
    }
  }
  return { runs, outputs };
}
