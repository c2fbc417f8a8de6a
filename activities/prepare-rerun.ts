import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolveElsewhere } from '../domain/activities.ts';
import { TrainyardError } from '../domain/errors.ts';
import { planStages } from '../domain/plan-stages.ts';
import type { Plan } from '../domain/plan.ts';
import type { CheckoutPaths, RunRecord } from '../domain/record.ts';
import type { RerunRequest } from '../domain/rerun.ts';
import { latestStage, reusedStages, whyNotFrom } from '../domain/reuse.ts';
import type { Left } from '../domain/reuse.ts';
import type { RunView } from '../domain/run-state.ts';
import type { Stage } from '../domain/stage.ts';
import { applySet } from '../spec/apply-set.ts';
import { checkReaders, commandFor } from '../spec/change-rules.ts';
import { changedPaths } from '../spec/field-stages.ts';
import { readRerun } from '../spec/read-rerun.ts';
import { LOCAL_SITE, siteOf } from '../spec/site-settings.ts';
import { parsedSpec, type TrainingSpec } from '../spec/training-spec.ts';
import { describeArtifact } from './artifact.ts';
import { settledView } from './base-run.ts';
import type { ActivityDeps } from './deps.ts';
import type { UnpinnedPlan } from './make-plan.ts';
import type { Pinned } from './repin.ts';
import { toRunId } from './run-id.ts';

/** A run that is to go on from another one. */
export interface Rerun {
  readonly request: RerunRequest;
  readonly base: RunRecord;
  readonly view: RunView;
  readonly spec: TrainingSpec;
}

/**
 * Finds the run that another one is to go on from, and the spec it gets.
 * @param input the whole spec; `null` = that of the other run
 * @throws TrainyardError `TY_RUN_NOT_FOUND`, `TY_RUN_NOT_OVER`, `TY_RUN_FIELD_READ`, `TY_SPEC_*`
 */
export async function prepareRerun(
  deps: ActivityDeps,
  input: unknown,
  given: unknown,
): Promise<Rerun | ResolveElsewhere> {
  const request = readRerun(given);
  const elsewhere = otherSite(deps, request.site ?? LOCAL_SITE);
  if (elsewhere !== null) return elsewhere;
  const base = await deps.workspace.readRecord(toRunId(request.of));
  if (base === null) throw unknownRun(deps, request.of);
  const set = request.set ?? [];
  const spec = parsedSpec(applySet(input ?? base.spec, set));
  const place = siteOf(spec, deps.sites).name === base.plan.site ? [] : ['backend.site'];
  const paths = [...changedPaths(base.spec, spec), ...place];
  checkReaders({ runId: base.runId, paths, from: request.from, set });
  return { request, base, spec, view: await settledView(base) };
}

/**
 * The plan with what is taken over in it.
 * @throws TrainyardError `TY_RERUN_REFUSED` where a stage before was never finished, or what it left is gone
 */
export async function inheriting(deps: ActivityDeps, plan: UnpinnedPlan, rerun: Rerun): Promise<UnpinnedPlan> {
  const { base, view, request } = rerun;
  const planned = planStages(plan);
  const run = { stages: view.stages, planned, left: await leftOf(deps, base, planned) };
  const why = whyNotFrom(request.from, run);
  if (why !== null) {
    const latest = latestStage(run);
    throw new TrainyardError('TY_RERUN_REFUSED', `run ${base.runId} cannot be taken up from stage ${request.from}`, {
      where: `run ${base.runId}, stage ${request.from}`,
      why: `${why}; the latest stage that is possible is ${latest}`,
      fix: commandFor(base.runId, latest, request.set ?? []),
    });
  }
  const reused = reusedStages(request.from, planned);
  const pushed = reused.includes('push');
  return {
    ...plan,
    output: pushed ? base.plan.output : plan.output,
    inherited: {
      runId: base.runId,
      from: request.from,
      reused,
      commit: pushed ? base.commit : null,
      metrics: reused.includes('package') ? (base.metrics ?? view.metrics) : null,
    },
  };
}

/** What the record of a rerun begins with; nothing for any other run. */
export function inheritedFields(
  { workspace }: Pick<ActivityDeps, 'workspace'>,
  { runId, inherited }: Plan,
  rerun: Rerun | null,
): Partial<RunRecord> {
  if (rerun === null || inherited === undefined) return {};
  const { base } = rerun;
  const { from, reused, commit, metrics } = inherited;
  const { root } = workspace.paths(base.runId);
  const own = (path: string): string =>
    path.startsWith(`${root}/`) ? join(workspace.paths(runId).root, path.slice(root.length)) : path;
  const fetched = reused.includes('fetch');
  const trained = reused.includes('train') && base.warmStart !== undefined;
  return {
    rerunOf: { runId: base.runId, from },
    checkouts: fetched ? moved(base.checkouts, own) : null,
    ...(trained ? { warmStart: base.warmStart } : {}),
    commit,
    metrics,
  };
}

export function pinnedOf({ spec, plan: { model, code, dataset } }: RunRecord): Pinned {
  return { spec: parsedSpec(spec), pins: { model, code, dataset } };
}

/** The stages that are still to be run. */
export function stagesAhead(plan: Pick<Plan, 'package' | 'output' | 'serve' | 'inherited'>): readonly Stage[] {
  return planStages(plan).filter((stage) => plan.inherited?.reused.includes(stage) !== true);
}

/** Folders of the run itself become those of the new one: nothing is shared that may be written to. */
function moved(checkouts: CheckoutPaths | null, own: (path: string) => string): CheckoutPaths | null {
  if (checkouts === null) return null;
  const { model, code, dataset } = checkouts;
  return { model: own(model), code: own(code), dataset: dataset === null ? null : own(dataset) };
}

async function leftOf({ workspace }: ActivityDeps, base: RunRecord, planned: readonly Stage[]): Promise<Left> {
  const paths = workspace.paths(base.runId);
  const sources = base.checkouts === null ? [] : Object.values(base.checkouts).filter((path) => path !== null);
  const found = await Promise.all(sources.map((path) => stat(path).catch(() => null)));
  return {
    checkouts: sources.length > 0 && found.every((one) => one !== null),
    output: (await readdir(paths.output).catch(() => [])).length > 0,
    package: (await describeArtifact(base.plan, paths)) !== null,
    commit: base.commit !== null || !planned.includes('push'),
  };
}

function otherSite({ site, sites }: ActivityDeps, name: string): ResolveElsewhere | null {
  if (name === site) return null;
  const found = Object.hasOwn(sites, name) ? sites[name] : undefined;
  if (found !== undefined) return { siteQueue: found.taskQueue };
  // A worker beside a site serves no other, and was asked because somebody meant its own.
  if (name === LOCAL_SITE) return null;
  throw new TrainyardError('TY_SPEC_SITE', `there is no site "${name}"`, {
    where: 'rerun.site',
    why: `sites of the settings: ${Object.keys(sites).toSorted().join(', ') || 'none'}`,
  });
}

function unknownRun({ workspace, site }: ActivityDeps, runId: string): TrainyardError {
  return new TrainyardError('TY_RUN_NOT_FOUND', `there is no record of run ${runId} on site ${site}`, {
    where: workspace.paths(toRunId(runId)).record,
    why: 'it has been removed, or the run was on another site: `site` of the request names it',
    fix: `trainyard run get ${runId}`,
  });
}
