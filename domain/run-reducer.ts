import type { ErrorReport } from './errors.ts';
import type { FailureCause, JobVerdict } from './job.ts';
import type { PlanSummary } from './plan.ts';
import type { RunStatus, RunView, ServiceView, StageStatus, StageView } from './run-state.ts';
import type { Stage } from './stage.ts';
import { STAGES } from './stage.ts';

/** What happens to a run, as values. `at` is RFC 3339. */
export type RunEvent =
  | { readonly type: 'planned'; readonly summary: PlanSummary }
  | { readonly type: 'stage-started'; readonly stage: Stage; readonly at: string }
  | { readonly type: 'stage-retried'; readonly stage: Stage }
  | { readonly type: 'stage-ended'; readonly stage: Stage; readonly status: StageStatus; readonly at: string }
  | { readonly type: 'job-ended'; readonly verdict: JobVerdict }
  | { readonly type: 'pushed'; readonly commit: string }
  | { readonly type: 'registered'; readonly service: ServiceView }
  | { readonly type: 'parked'; readonly error: ErrorReport; readonly until: string }
  | { readonly type: 'resumed' }
  | { readonly type: 'cancelling' }
  | {
      readonly type: 'ended';
      readonly status: Extract<RunStatus, 'succeeded' | 'failed' | 'cancelled'>;
      readonly error: ErrorReport | null;
      readonly at: string;
    }
  | { readonly type: 'leftovers'; readonly items: readonly string[] };

/** A run before its first stage. The name is the workflow id until `resolve` has read the spec. */
export function initialView(workflowId: string, createdAt: string): RunView {
  return {
    runId: workflowId,
    workflowId,
    name: workflowId,
    displayName: null,
    project: 'default',
    status: 'running',
    stage: null,
    stages: STAGES.map((name) => ({
      name,
      status: 'waiting',
      attempts: 0,
      startedAt: null,
      finishedAt: null,
    })),
    createdAt,
    finishedAt: null,
    output: null,
    service: null,
    metrics: null,
    error: null,
    cause: null,
    stepSeconds: {},
    parkedUntil: null,
    leftovers: [],
  };
}

/** The view after an event. Terminal states are one-way. */
export function reduce(view: RunView, event: RunEvent): RunView {
  if (view.finishedAt !== null) return view;
  switch (event.type) {
    case 'planned':
      return planned(view, event.summary);
    case 'stage-started':
      return {
        ...patchStage(view, event.stage, (stage) => ({
          ...stage,
          status: 'running',
          attempts: stage.attempts + 1,
          startedAt: stage.startedAt ?? event.at,
        })),
        stage: event.stage,
      };
    case 'stage-retried':
      return patchStage(view, event.stage, (stage) => ({ ...stage, attempts: stage.attempts + 1 }));
    case 'stage-ended':
      return patchStage(view, event.stage, (stage) => ({
        ...stage,
        status: event.status,
        finishedAt: event.at,
      }));
    case 'job-ended':
      return jobEnded(view, event.verdict);
    case 'pushed':
      return view.output === null ? view : { ...view, output: { ...view.output, commit: event.commit } };
    case 'registered':
      return { ...view, service: event.service };
    case 'parked':
      return { ...view, status: 'parked', error: event.error, parkedUntil: event.until };
    case 'resumed':
      return { ...view, status: 'running', error: null, cause: null, parkedUntil: null };
    case 'cancelling':
      return { ...view, status: 'cancelling', parkedUntil: null };
    case 'leftovers':
      return { ...view, leftovers: event.items };
    case 'ended':
      return {
        ...view,
        status: event.status,
        error: event.error,
        finishedAt: event.at,
        parkedUntil: null,
        stages: view.stages.map((stage) => endStage(stage, event.status, event.at)),
      };
  }
}

function planned(view: RunView, summary: PlanSummary): RunView {
  return {
    ...view,
    name: summary.name,
    displayName: summary.displayName,
    project: summary.project,
    output: summary.output === null ? null : { ...summary.output, commit: null },
    stages: view.stages.map((stage) => (summary.stages.includes(stage.name) ? stage : { ...stage, status: 'off' })),
  };
}

function jobEnded(view: RunView, verdict: JobVerdict): RunView {
  const stepSeconds = { ...view.stepSeconds };
  for (const [step, seconds] of Object.entries(verdict.stepSeconds)) {
    const name = step as keyof typeof stepSeconds;
    stepSeconds[name] = (stepSeconds[name] ?? 0) + seconds;
  }
  const cause: FailureCause | null = verdict.cause;
  return { ...view, stepSeconds, cause, metrics: verdict.metrics ?? view.metrics };
}

function patchStage(view: RunView, name: Stage, patch: (stage: StageView) => StageView): RunView {
  return {
    ...view,
    stages: view.stages.map((stage) => (stage.name === name ? patch(stage) : stage)),
  };
}

/** A run that ends leaves no stage running. */
function endStage(stage: StageView, status: RunStatus, at: string): StageView {
  if (stage.status !== 'running') return stage;
  return { ...stage, status: status === 'cancelled' ? 'cancelled' : 'failed', finishedAt: at };
}
