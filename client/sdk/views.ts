import type { WorkflowExecutionInfo } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../domain/messages.ts';
import { initialView } from '../../domain/run-reducer.ts';
import type { RunStatus, RunView, StageView } from '../../domain/run-state.ts';
import { STAGES } from '../../domain/stage.ts';
import type { Stage } from '../../domain/stage.ts';
import type { RunSummary } from './types.ts';

const STATUS_OF: Readonly<Record<string, RunStatus>> = {
  RUNNING: 'running',
  PAUSED: 'running',
  CONTINUED_AS_NEW: 'running',
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  TERMINATED: 'failed',
  TIMED_OUT: 'failed',
  CANCELLED: 'cancelled',
};

const ENDED: readonly RunStatus[] = ['succeeded', 'failed', 'cancelled'];

/** Whether nothing more will happen to a run of this status. */
export function hasEnded(status: RunStatus): boolean {
  return ENDED.includes(status);
}

/** What Temporal's own status says of a run. */
export function statusOf(name: string): RunStatus {
  return STATUS_OF[name] ?? 'running';
}

/** The part of a description these functions need. */
export type Described = Pick<WorkflowExecutionInfo, 'workflowId' | 'startTime' | 'closeTime' | 'searchAttributes'> & {
  readonly status: { readonly name: string };
};

/** A line of the list. */
export function summaryOf(info: Described): RunSummary {
  return {
    runId: info.workflowId,
    name: attribute(info, SEARCH_ATTRIBUTES.name) ?? nameOf(info.workflowId),
    status: statusOf(info.status.name),
    stage: attribute(info, SEARCH_ATTRIBUTES.stage),
    createdAt: info.startTime.toISOString(),
    finishedAt: info.closeTime?.toISOString() ?? null,
  };
}

/** The stage the run was last in, as far as the server's index knows. */
export function stageOf(info: Pick<Described, 'searchAttributes'>): Stage | null {
  const name = attribute(info, SEARCH_ATTRIBUTES.stage);
  return STAGES.find((stage) => stage === name) ?? null;
}

/** A view brought up to what the server knows: a run that has ended since, or was terminated, is shown as ended. */
export function closeView(view: RunView, info: Described): RunView {
  const status = statusOf(info.status.name);
  if (!hasEnded(status) || hasEnded(view.status)) return view;
  const finishedAt = info.closeTime?.toISOString() ?? null;
  return { ...view, status, finishedAt, stages: view.stages.map((stage) => closeStage(stage, status, finishedAt)) };
}

/** What can be said of an ended run of which nothing but the server's own record is left. */
export function viewFromDescription(info: Described): RunView {
  const { runId, name, status, createdAt, finishedAt } = summaryOf(info);
  const project = attribute(info, SEARCH_ATTRIBUTES.project) ?? 'default';
  return { ...initialView(runId, createdAt), name, project, status, finishedAt, stages: [] };
}

function closeStage(stage: StageView, status: RunStatus, finishedAt: string | null): StageView {
  if (stage.status !== 'running') return stage;
  return {
    ...stage,
    finishedAt,
    status: status === 'succeeded' ? 'done' : status === 'cancelled' ? 'cancelled' : 'failed',
  };
}

export function attribute(info: Pick<Described, 'searchAttributes'>, name: string): string | null {
  const values: unknown = info.searchAttributes?.[name];
  const first: unknown = Array.isArray(values) ? values[0] : undefined;
  return typeof first === 'string' ? first : null;
}

/** The name inside `run-<name>-<suffix>`; the id itself where it is built otherwise. */
export function nameOf(workflowId: string): string {
  return /^run-(.+)-[^-]+$/.exec(workflowId)?.[1] ?? workflowId;
}
