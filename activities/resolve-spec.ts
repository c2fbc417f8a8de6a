import { Context } from '@temporalio/activity';
import { createHash } from 'node:crypto';
import { TrainyardError } from '../domain/errors.ts';
import { startedNotice } from '../domain/notices/make.ts';
import type { ResolveElsewhere, ResolveRequest } from '../domain/activities.ts';
import type { Plan, PlanSummary } from '../domain/plan.ts';
import type { RunRecord } from '../domain/record.ts';
import { crashPoint } from '../ports/crash-point.ts';
import { planGates } from '../spec/plan-gates.ts';
import { slotOf } from '../spec/project-settings.ts';
import { requesterOf } from '../spec/requester.ts';
import { siteOf } from '../spec/site-settings.ts';
import { parsedSpec, type TrainingSpec } from '../spec/training-spec.ts';
import type { ActivityDeps } from './deps.ts';
import { checkAhead } from './check-ahead.ts';
import { allOf } from './gather.ts';
import { planUnpinned, summarize } from './make-plan.ts';
import { pinSources } from './pin-sources.ts';
import { inheritedFields, inheriting, pinnedOf, prepareRerun, stagesAhead } from './prepare-rerun.ts';
import { repin } from './repin.ts';
import { toRunId } from './run-id.ts';
import type { StepScope } from './step.ts';

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

  const rerun = request.rerun === undefined ? null : await prepareRerun(deps, input, request.rerun);
  if (rerun !== null && 'siteQueue' in rerun) return rerun;
  const spec = rerun?.spec ?? parsedSpec(input);
  const site = siteOf(spec, deps.sites);
  if (site.name !== deps.site && site.settings !== null) return { siteQueue: site.settings.taskQueue };
  const { identities, unsignedDecisions: unsigned } = deps;
  const requester = requesterOf(request.requester, {
    run: workflowId,
    document: documentOf(input, request),
    identities,
  });
  const gates = planGates(spec.gates, identities, { unsigned, requester });
  await deps.workspace.requireFree(0);
  const unpinned = planUnpinned({
    gates,
    requester,
    slot: slotOf(deps.projects, spec),
    spec,
    site,
    runId,
    runDigest: createHash('sha256').update(`${workflowId}/${temporalRunId}`).digest(),
    startedAt: new Date(scheduledTimestampMs).toISOString(),
    taskQueue: deps.taskQueue,
    author: deps.author,
  });
  const changed = rerun === null ? unpinned : await inheriting(deps, unpinned, rerun);
  const [pins] = await allOf([
    rerun === null ? pinSources(deps, scope, spec) : repin(deps, scope, pinnedOf(rerun.base), spec),
    checkAhead(deps, scope, changed, stagesAhead(changed)),
  ]);
  const plan: Plan = { ...changed, ...pins };
  crashPoint('resolve.checked');
  await deps.workspace.prepare(runId);
  crashPoint('resolve.before-record');
  await writeFirst(deps, { workflowId, temporalRunId, spec, plan }, inheritedFields(deps, plan, rerun));
  crashPoint('resolve.after-record');
  await tellStarted(deps, plan);
  return summarize(plan);
}

async function tellStarted({ workspace }: ActivityDeps, plan: Plan): Promise<void> {
  await workspace.announce(startedNotice(plan, plan.startedAt));
}

async function writeFirst(
  deps: ActivityDeps,
  first: { workflowId: string; temporalRunId: string; spec: TrainingSpec; plan: Plan },
  taken: Partial<RunRecord>,
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
    ...taken,
  });
}

/** What whoever started the run has signed. */
function documentOf(input: unknown, { rerun }: ResolveRequest): unknown {
  return rerun === undefined ? input : { spec: input, rerun };
}

function existsAlready(runId: string, temporalRunId: string): TrainyardError {
  return new TrainyardError('TY_RUN_EXISTS', `a run ${runId} has been there before`, {
    where: `workflow id ${runId}`,
    why: `its Temporal run was ${temporalRunId}`,
  });
}
