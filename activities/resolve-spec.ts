import { Context } from '@temporalio/activity';
import { createHash } from 'node:crypto';
import { TrainyardError } from '../domain/errors.ts';
import { isRunId } from '../domain/names.ts';
import { startedNotice } from '../domain/notices/make.ts';
import type { ResolveElsewhere, ResolveRequest } from '../domain/activities.ts';
import type { Plan, PlanSummary } from '../domain/plan.ts';
import { crashPoint } from '../ports/crash-point.ts';
import { planGates } from '../spec/plan-gates.ts';
import { requesterOf } from '../spec/requester.ts';
import { siteOf } from '../spec/site-settings.ts';
import { parseSpec, type TrainingSpec } from '../spec/training-spec.ts';
import type { ActivityDeps } from './deps.ts';
import { allOf } from './gather.ts';
import { planUnpinned, summarize, type UnpinnedPlan } from './make-plan.ts';
import { inField, pinSources } from './pin-sources.ts';
import type { StepScope } from './step.ts';
import { findWarmStart } from './warm-start.ts';

/**
 * Makes the plan: parses the spec again, because any client may have sent it, pins every ref once, and checks
 * all that later stages will need. A second try finds the plan of the first.
 */
export async function resolveSpec(
  deps: ActivityDeps,
  scope: StepScope,
  input: unknown,
  request: ResolveRequest = {},
): Promise<PlanSummary | ResolveElsewhere> {
  const { workflowExecution, scheduledTimestampMs } = Context.current().info;
  if (workflowExecution === undefined) throw new Error('resolve runs only inside a workflow');
  const { workflowId, runId: temporalRunId } = workflowExecution;
  const runId = toRunId(workflowId);
  const found = await deps.workspace.readRecord(runId);
  if (found !== null && found.temporalRunId === temporalRunId) {
    await tellStarted(deps, found.plan);
    return summarize(found.plan);
  }
  if (found !== null) throw existsAlready(runId, found.temporalRunId);

  const parsed = parseSpec(input);
  if (!parsed.ok) throw parsed.error;
  const site = siteOf(parsed.spec, deps.sites);
  if (site.name !== deps.site && site.settings !== null) return { siteQueue: site.settings.taskQueue };
  const { identities, unsignedDecisions: unsigned } = deps;
  const requester = requesterOf(request.requester, { run: workflowId, document: input, identities });
  const gates = planGates(parsed.spec.gates, identities, { unsigned, requester });
  await deps.workspace.requireFree(0);
  const unpinned = planUnpinned({
    gates,
    requester,
    spec: parsed.spec,
    site,
    runId,
    runDigest: createHash('sha256').update(`${workflowId}/${temporalRunId}`).digest(),
    startedAt: new Date(scheduledTimestampMs).toISOString(),
    taskQueue: deps.taskQueue,
    author: deps.author,
  });
  const [pins] = await allOf([pinSources(deps, scope, parsed.spec), checkAll(deps, scope, unpinned)]);
  const plan: Plan = { ...unpinned, ...pins };
  await deps.workspace.prepare(runId);
  crashPoint('resolve.before-record');
  await writeFirst(deps, { workflowId, temporalRunId, spec: parsed.spec, plan });
  crashPoint('resolve.after-record');
  await tellStarted(deps, plan);
  return summarize(plan);
}

async function tellStarted({ workspace }: ActivityDeps, plan: Plan): Promise<void> {
  await workspace.announce(startedNotice(plan, plan.startedAt));
}

/** Everything that would fail hours later, now and side by side; all findings in one error. */
async function checkAll(deps: ActivityDeps, scope: StepScope, plan: UnpinnedPlan): Promise<void> {
  const [role] = plan.train.roles;
  // The layout step loads the packaged module with torch, whatever trained it.
  const needsTorch = role?.launcher === 'torchrun' || plan.package !== null;
  await allOf([
    deps.jobs.preflight(
      needsTorch ? 'torchrun' : 'plain',
      [plan.train, plan.package].filter((job) => job !== null),
    ),
    ...(plan.serve === null ? [] : [deps.serving.preflight(plan.serve)]),
    ...(deps.handover === undefined ? [] : [deps.handover.check()]),
    checkOutput(deps, scope, plan),
    findWarmStart(deps, plan),
  ]);
}

async function checkOutput(deps: ActivityDeps, scope: StepScope, plan: UnpinnedPlan): Promise<void> {
  if (plan.output === null) return;
  const { url, credential, branch } = plan.output;
  const taken = await deps.git.checkPush({ url, credential }, branch, scope.signal).catch((error: unknown) => {
    throw inField(error, 'output');
  });
  if (taken === null) return;
  throw new TrainyardError('TY_OUTPUT_BRANCH_TAKEN', `branch ${branch} exists already`, {
    where: `output.branch, ${url}`,
    why: `it is at commit ${taken.slice(0, 12)}, and Trainyard never overwrites a branch`,
  });
}

async function writeFirst(
  deps: ActivityDeps,
  first: { workflowId: string; temporalRunId: string; spec: TrainingSpec; plan: Plan },
): Promise<void> {
  await deps.workspace.writeRecord({
    schema: 1,
    runId: first.plan.runId,
    ...first,
    checkouts: null,
    fetched: [],
    artifact: null,
    metrics: null,
    commit: null,
    service: null,
    serviceStartSeconds: null,
    view: null,
  });
}

/** A workflow id of any client can be anything; the run's folder is named by it only where it is safe. */
function toRunId(workflowId: string): string {
  if (isRunId(workflowId)) return workflowId;
  return `run-${createHash('sha256').update(workflowId).digest('hex').slice(0, 32)}`;
}

function existsAlready(runId: string, temporalRunId: string): TrainyardError {
  return new TrainyardError('TY_RUN_EXISTS', `a run ${runId} has been there before`, {
    where: `workflow id ${runId}`,
    why: `its Temporal run was ${temporalRunId}`,
  });
}
