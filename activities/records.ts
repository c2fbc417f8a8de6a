import { TrainyardError } from '../domain/errors.ts';
import type { RunRecord } from '../domain/record.ts';
import { crashPoint } from '../ports/crash-point.ts';
import type { Workspace } from '../ports/workspace.ts';

/** The record of a planned run. */
export async function needRecord(
  workspace: Pick<Workspace, 'readRecord' | 'paths'>,
  runId: string,
): Promise<RunRecord> {
  const record = await workspace.readRecord(runId);
  if (record !== null) return record;
  throw new TrainyardError('TY_RUN_NOT_FOUND', `run ${runId} has no record in the workspace`, {
    where: workspace.paths(runId).record,
    why: 'run.json was removed, or this worker sees another workspace',
  });
}

/**
 * Changes some fields of a record as it is now, not as it was when a long step began: an attempt that was given up as
 * dead and comes back (a machine that slept) must not undo what a later stage wrote.
 */
export async function amendRecord(
  workspace: Pick<Workspace, 'readRecord' | 'writeRecord' | 'paths'>,
  record: Pick<RunRecord, 'runId'>,
  fields: Partial<RunRecord>,
): Promise<RunRecord> {
  const next = { ...(await needRecord(workspace, record.runId)), ...fields };
  crashPoint('record.before-write');
  await workspace.writeRecord(next);
  crashPoint('record.written');
  return next;
}
