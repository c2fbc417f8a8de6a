import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { TrainyardError } from '../../domain/errors.ts';
import { SEARCH_ATTRIBUTES, WORKFLOW_TYPE } from '../../domain/messages.ts';
import type { RunRecord } from '../../domain/record.ts';
import type { RerunRequest } from '../../domain/rerun.ts';
import { applySet } from '../../spec/apply-set.ts';
import { parsedSpec } from '../../spec/training-spec.ts';
import type { RemoveOptions, RerunOptions, ResubmitOptions } from './again-types.ts';
import { call, CALL_MS, guarded, newRunId, startWith } from './runs.ts';
import type { Runs } from './runs.ts';
import { attribute, nameOf, statusOf } from './views.ts';

/** A run as the server and its record know it; one of them does. */
interface Known {
  readonly info: WorkflowExecutionDescription | null;
  readonly record: RunRecord | null;
}

export async function rerunRun(runs: Runs, runId: string, options: RerunOptions): Promise<WorkflowHandle> {
  const { info, record } = await know(runs, runId);
  const site = record?.plan.site ?? (info === null ? null : attribute(info, SEARCH_ATTRIBUTES.site));
  const name = record?.plan.name ?? (info === null ? null : attribute(info, SEARCH_ATTRIBUTES.name)) ?? nameOf(runId);
  const rerun: RerunRequest = {
    of: runId,
    from: options.from,
    ...(options.set === undefined || options.set.length === 0 ? {} : { set: options.set }),
    ...(site === null ? {} : { site }),
  };
  const workflowId = options.workflowId ?? newRunId({ name });
  return await startWith(runs, workflowId, { args: [null, { rerun }], signed: { spec: null, rerun } });
}

export async function resubmitRun(runs: Runs, runId: string, options: ResubmitOptions): Promise<WorkflowHandle> {
  const { info, record } = await know(runs, runId);
  const spec = record === null ? await specOfHistory(runs, runId) : record.spec;
  if (spec === null || typeof spec !== 'object') throw notFound(runId, info, 'nobody knows its spec any more');
  const document = applySet(spec, options.set ?? []);
  // Mistakes are told here and not by a run that fails.
  parsedSpec(document);
  return await startWith(runs, options.workflowId ?? newRunId(document), { args: [document], signed: document });
}

export async function removeRun(runs: Runs, runId: string, { files }: RemoveOptions): Promise<void> {
  const { info, record } = await know(runs, runId);
  if (info !== null && statusOf(info.status.name) === 'running') {
    throw new TrainyardError('TY_RUN_NOT_OVER', `run ${runId} has not ended`, {
      where: runId,
      fix: `trainyard run cancel ${runId}`,
    });
  }
  if (info === null && record?.view === null) {
    throw new TrainyardError('TY_RUN_NOT_OVER', `nobody knows whether run ${runId} has ended`, {
      where: runId,
      why: 'the server does not know it, and its record has no end',
    });
  }
  await files?.(runId);
  if (info === null) return;
  const { client } = runs;
  await guarded(runs, runId, () =>
    call(runs, CALL_MS, () =>
      client.workflowService.deleteWorkflowExecution({
        namespace: client.options.namespace,
        // This very execution: the id may have been used again a moment ago.
        workflowExecution: { workflowId: runId, runId: info.runId },
      }),
    ),
  );
}

async function know(runs: Runs, runId: string): Promise<Known> {
  const info = await guarded(runs, runId, async () => {
    try {
      const found = await call(runs, CALL_MS, () => runs.client.workflow.getHandle(runId).describe());
      return found.type === WORKFLOW_TYPE ? found : null;
    } catch (error) {
      // The server forgets; the record stays longer.
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  });
  const record = (await runs.readRecord?.(runId)) ?? null;
  if (info === null && record === null) throw notFound(runId, info, 'neither the server nor a record knows it');
  return { info, record };
}

/** The spec a run was started with, as long as the server keeps its history. */
async function specOfHistory(runs: Runs, runId: string): Promise<unknown> {
  return await guarded(runs, runId, async () => {
    const { events } = await call(runs, CALL_MS, () => runs.client.workflow.getHandle(runId).fetchHistory());
    const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    if (input === undefined) return null;
    const { payloadConverter, payloadCodecs } = runs.client.options.loadedDataConverter;
    let payloads = [input];
    for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
    const [decoded] = payloads;
    return decoded === undefined ? null : payloadConverter.fromPayload<unknown>(decoded);
  });
}

function notFound(runId: string, info: WorkflowExecutionDescription | null, why: string): TrainyardError {
  return new TrainyardError('TY_RUN_NOT_FOUND', `run ${runId} cannot be found`, {
    where: runId,
    why: info === null ? why : `${why}: its record cannot be read here`,
  });
}
