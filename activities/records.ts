import { TrainyardError } from '../domain/errors.ts';
import type { RunRecord } from '../domain/record.ts';
import type { Workspace } from '../ports/workspace.ts';

/** The record of a planned run. */
export async function needRecord(workspace: Workspace, runId: string): Promise<RunRecord> {
  const record = await workspace.readRecord(runId);
  if (record !== null) return record;
  throw new TrainyardError('TY_RUN_NOT_FOUND', `run ${runId} has no record in the workspace`, {
    where: workspace.paths(runId).record,
    why: 'run.json was removed, or this worker sees another workspace',
  });
}

/** Changes some fields of a record. One stage of a run runs at a time, so there is one writer. */
export async function amendRecord(
  workspace: Workspace,
  record: RunRecord,
  fields: Partial<RunRecord>,
): Promise<RunRecord> {
  const next = { ...record, ...fields };
  await workspace.writeRecord(next);
  return next;
}
