import { endAttempts, withAttempt, withRetry, withVerdict } from './attempt.ts';
import type { AttemptView } from './attempt.ts';
import type { ErrorReport } from './errors.ts';
import { gateAhead } from './gates/decide.ts';
import type { GateView, RefusedStatement } from './gates/gate.ts';
import type { FailureCause, JobVerdict } from './job.ts';
import type { PlanSummary } from './plan.ts';
import type { RunStatus, RunView, ServiceView, StageStatus, StageView } from './run-state.ts';
import type { Stage } from './stage.ts';
import { STAGES } from './stage.ts';

/** What happens to a run, as values. `at` is RFC 3339. */
export type RunEvent =
  | { readonly type: 'planned'; readonly summary: PlanSummary }
  /** The spec of a parked run was changed. */
  | { readonly type: 'replanned'; readonly summary: PlanSummary }
  | { readonly type: 'stage-started'; readonly stage: Stage; readonly at: string }
  | { readonly type: 'stage-retried'; readonly stage: Stage }
  | { readonly type: 'job-submitted'; readonly attempt: AttemptView }
  /** It failed and will be tried again, then. */
  | { readonly type: 'job-retried'; readonly job: string; readonly at: string }
  | { readonly type: 'stage-ended'; readonly stage: Stage; readonly status: StageStatus; readonly at: string }
  | { readonly type: 'job-ended'; readonly verdict: JobVerdict }
  | { readonly type: 'pushed'; readonly commit: string }
  | { readonly type: 'registered'; readonly service: ServiceView }
  | { readonly type: 'parked'; readonly error: ErrorReport; readonly until: string }
  | { readonly type: 'resumed' }
  /** Its job was suspended, and then resumed. */
  | { readonly type: 'suspended' }
  | { readonly type: 'continued' }
  /** A gate was reached, voted on, or decided. */
  | { readonly type: 'gate'; readonly gate: GateView }
  /** A decision that nobody was there to hear why it does not count. */
  | { readonly type: 'decision-refused'; readonly refused: RefusedStatement }
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
    case 'replanned':
      return replanned(view, event.summary);
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
    case 'job-submitted':
      return { ...view, attempts: withAttempt(view.attempts ?? [], event.attempt) };
    case 'job-retried':
      return { ...view, attempts: withRetry(view.attempts ?? [], event.job, event.at) };
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
    case 'gate':
      return gateChanged(view, event.gate);
    case 'decision-refused':
      return { ...view, refusedDecisions: [...(view.refusedDecisions ?? []), event.refused].slice(-20) };
    case 'suspended':
      return view.status === 'running' ? { ...view, status: 'suspended' } : view;
    case 'continued':
      return goesOn(view);
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
        ...(view.attempts === undefined ? {} : { attempts: endAttempts(view.attempts, event.at) }),
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
    ...(summary.gates === undefined ? {} : { gates: summary.gates.map(gateAhead) }),
    ...(summary.requester === undefined ? {} : { requester: summary.requester }),
    ...inherited(summary),
    stages: view.stages.map((stage) => stageAhead(stage, summary)),
  };
}

/** What a rerun has from the beginning. */
function inherited({ output, inherited }: PlanSummary): Partial<RunView> {
  if (inherited === undefined) return {};
  const { runId, from, commit, metrics } = inherited;
  return {
    rerunOf: { runId, from },
    ...(output === null ? {} : { output: { ...output, commit } }),
    ...(metrics === null ? {} : { metrics }),
  };
}

function stageAhead(stage: StageView, { stages, inherited }: PlanSummary): StageView {
  if (inherited?.reused.includes(stage.name) === true) return { ...stage, status: 'reused' };
  return stages.includes(stage.name) ? stage : { ...stage, status: 'off' };
}

/** What is over stays as it was; what is ahead may be other stages and another branch. */
function replanned(view: RunView, summary: PlanSummary): RunView {
  const { output } = summary;
  return {
    ...view,
    displayName: summary.displayName,
    output: output === null ? null : { ...output, commit: view.output?.commit ?? null },
    ...(summary.gates === undefined ? {} : { gates: regated(view.gates ?? [], summary.gates.map(gateAhead)) }),
    stages: view.stages.map((stage) => {
      if (stage.status === 'off' && summary.stages.includes(stage.name)) return { ...stage, status: 'waiting' };
      return stage.status === 'waiting' ? stageAhead(stage, summary) : stage;
    }),
  };
}

/** Decided gates stay; those ahead are as the new plan has them. */
function regated(before: readonly GateView[], after: readonly GateView[]): readonly GateView[] {
  const decided = before.filter(({ state }) => state === 'approved' || state === 'rejected');
  return after.map((gate) => decided.find(({ stage }) => stage === gate.stage) ?? gate);
}

/** One view a stage. A run waits while one of its gates does. */
function gateChanged(view: RunView, gate: GateView): RunView {
  const gates = (view.gates ?? []).map((one) => (one.stage === gate.stage ? gate : one));
  const waits = gates.some(({ state }) => state === 'waiting');
  const status = view.status === 'running' || view.status === 'waiting' ? (waits ? 'waiting' : 'running') : view.status;
  return { ...view, status, gates };
}

/** A run is suspended with its job, and no longer. */
function goesOn(view: RunView): RunView {
  return view.status === 'suspended' ? { ...view, status: 'running' } : view;
}

function jobEnded(view: RunView, verdict: JobVerdict): RunView {
  const stepSeconds = { ...view.stepSeconds };
  for (const [step, seconds] of Object.entries(verdict.stepSeconds)) {
    const name = step as keyof typeof stepSeconds;
    stepSeconds[name] = (stepSeconds[name] ?? 0) + seconds;
  }
  const cause: FailureCause | null = verdict.cause;
  const attempts = withVerdict(view.attempts ?? [], verdict);
  return { ...goesOn(view), stepSeconds, cause, attempts, metrics: verdict.metrics ?? view.metrics };
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
