import { Context } from '@temporalio/activity';
import { TrainyardError } from '../domain/errors.ts';
import { SEARCH_ATTRIBUTES, VIEW_QUERY } from '../domain/messages.ts';
import type { RunRecord } from '../domain/record.ts';
import { viewOfRecord } from '../domain/record-view.ts';
import type { RunView } from '../domain/run-state.ts';
import { STAGES } from '../domain/stage.ts';

/**
 * The last view of a run whose files are to be used by another one.
 * @throws TrainyardError `TY_RUN_NOT_OVER` for a run that still works on them
 */
export async function settledView(record: RunRecord): Promise<RunView> {
  if (record.view !== null) return record.view;
  const handle = Context.current().client.workflow.getHandle(record.workflowId);
  const info = await handle.describe().catch((error: unknown) => {
    // A server that has forgotten the run does not work on it.
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return null;
    throw error;
  });
  if (info?.status.name !== 'RUNNING') {
    const reached: unknown = info?.searchAttributes?.[SEARCH_ATTRIBUTES.stage]?.[0];
    return viewOfRecord(record, STAGES.find((stage) => stage === reached) ?? null);
  }
  const view = await handle.query<RunView>(VIEW_QUERY);
  if (view.status === 'parked') return view;
  throw new TrainyardError('TY_RUN_NOT_OVER', `run ${record.runId} is still ${view.status}`, {
    where: `run ${record.runId}`,
    why: 'only what has ended, or is parked, can be taken up by another run',
    fix: `trainyard run watch ${record.runId}, or trainyard run cancel ${record.runId}`,
  });
}
