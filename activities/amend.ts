import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AmendRef } from '../domain/activities.ts';
import type { Plan, PlanSummary } from '../domain/plan.ts';
import type { RunRecord } from '../domain/record.ts';
import { STAGES, type Stage } from '../domain/stage.ts';
import { crashPoint } from '../ports/crash-point.ts';
import { applySet } from '../spec/apply-set.ts';
import { checkGates, checkPassed, checkReaders } from '../spec/change-rules.ts';
import { changedPaths, readerOf } from '../spec/field-stages.ts';
import { siteOf } from '../spec/site-settings.ts';
import { parsedSpec, type TrainingSpec } from '../spec/training-spec.ts';
import { checkAhead, checkOutput } from './check-ahead.ts';
import type { ActivityDeps } from './deps.ts';
import { requireFiles } from './fetch-sources.ts';
import { allOf } from './gather.ts';
import { planUnpinned, summarize, type UnpinnedPlan } from './make-plan.ts';
import { hasOwnCard, pushedFolder } from './own-card.ts';
import { pinnedOf, stagesAhead } from './prepare-rerun.ts';
import { amendRecord, needRecord } from './records.ts';
import { repin } from './repin.ts';
import type { StepScope } from './step.ts';

/**
 * Changes the spec of a parked run and answers its new plan. What stages that are done have read cannot change, and
 * what the stages ahead will need is checked as `resolve` checks it: a refusal changes nothing.
 */
export async function amend(deps: ActivityDeps, scope: StepScope, change: AmendRef): Promise<PlanSummary> {
  const record = await needRecord(deps.workspace, change.runId);
  const { amendments = [] } = record;
  if (amendments.some(({ id }) => id === change.id)) return summarize(record.plan);
  const spec = parsedSpec(applySet(record.spec, change.set));
  const place = siteOf(spec, deps.sites).name === record.plan.site ? [] : ['backend.site'];
  const fields = [...changedPaths(record.spec, spec), ...place];
  if (fields.length === 0) return summarize(record.plan);
  const asked = { runId: record.runId, paths: fields, set: change.set };
  checkGates(asked);
  const ahead = stagesFrom(record, change.stage);
  checkReaders({ ...asked, from: ahead[0] ?? 'register' });
  if (record.plan.gates?.some((gate) => gate.stage === change.stage)) checkPassed(asked, change.stage);
  const plan = await replan(deps, scope, { record, spec, ahead, fields });
  crashPoint('amend.before-record');
  await dropCard(deps, record);
  const { id, at, stage } = change;
  await amendRecord(deps.workspace, record, { spec, plan, amendments: [...amendments, { id, at, stage, fields }] });
  crashPoint('amend.after-record');
  return summarize(plan);
}

/** Stages from the one it waits in; one that is taken over from another run is done. */
function stagesFrom({ plan }: RunRecord, stage: Stage): readonly Stage[] {
  return STAGES.slice(STAGES.indexOf(stage)).filter((one) => plan.inherited?.reused.includes(one) !== true);
}

interface Amended {
  readonly record: RunRecord;
  readonly spec: TrainingSpec;
  readonly ahead: readonly Stage[];
  readonly fields: readonly string[];
}

async function replan(deps: ActivityDeps, scope: StepScope, { record, spec, ahead, fields }: Amended): Promise<Plan> {
  const before = record.plan;
  const made = planUnpinned({
    spec,
    site: siteOf(spec, deps.sites),
    runId: record.runId,
    runDigest: createHash('sha256').update(`${record.workflowId}/${record.temporalRunId}`).digest(),
    startedAt: before.startedAt,
    taskQueue: before.taskQueue,
    author: before.author,
    gates: before.gates ?? [],
    requester: before.requester ?? null,
    slot: before.slot ?? null,
  });
  const unpinned = keepingDone(made, before, ahead);
  const fetched = !ahead.includes('fetch');
  const touched = stagesAhead(unpinned).filter((stage) => ahead.includes(stage) && isTouched(stage, fields));
  const [pins] = await allOf([
    fetched ? Promise.resolve(pinnedOf(record).pins) : repin(deps, scope, pinnedOf(record), spec),
    checkAhead(
      deps,
      scope,
      unpinned,
      touched.filter((stage) => stage !== 'push'),
    ),
    touched.includes('push') ? checkOutput(deps, scope, unpinned, before.output) : Promise.resolve(),
  ]);
  const plan: Plan = { ...unpinned, ...pins };
  if (fetched && record.checkouts !== null) await requireFiles(plan, record.checkouts.code);
  return plan;
}

/** Stages that may fail otherwise than before: what has not changed was checked when the run was resolved. */
function isTouched(stage: Stage, fields: readonly string[]): boolean {
  // Packaging gets what training gets unless it says otherwise; a push, the credential of the sources.
  const shared: Partial<Record<Stage, Stage>> = { package: 'train', push: 'fetch' };
  return fields.some((field) => [stage, shared[stage]].includes(readerOf(field) as Stage));
}

/** What was made by stages that are done stays as it was made: settings of the site may have changed since. */
function keepingDone(made: UnpinnedPlan, before: Plan, ahead: readonly Stage[]): UnpinnedPlan {
  const { graceSeconds } = made.train;
  return {
    ...made,
    ...(before.inherited === undefined ? {} : { inherited: before.inherited }),
    ...(ahead.includes('train') ? {} : { train: { ...before.train, graceSeconds } }),
    ...(ahead.includes('push') ? {} : { output: before.output }),
  };
}

/** A push that failed may have left a card that tells of the spec before. */
async function dropCard({ workspace }: ActivityDeps, record: RunRecord): Promise<void> {
  const paths = workspace.paths(record.runId);
  if (await hasOwnCard(record, paths)) await rm(join(paths[pushedFolder(record)], 'README.md'), { force: true });
}
