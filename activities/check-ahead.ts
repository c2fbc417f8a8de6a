import { TrainyardError } from '../domain/errors.ts';
import { planStages } from '../domain/plan-stages.ts';
import type { Stage } from '../domain/stage.ts';
import type { ActivityDeps } from './deps.ts';
import { allOf } from './gather.ts';
import type { UnpinnedPlan } from './make-plan.ts';
import { inField } from './pin-sources.ts';
import type { StepScope } from './step.ts';
import { findWarmStart } from './warm-start.ts';

/** Everything that would fail hours later in the stages ahead, now and side by side; all findings in one error. */
export async function checkAhead(
  deps: ActivityDeps,
  scope: StepScope,
  plan: UnpinnedPlan,
  ahead: readonly Stage[] = planStages(plan),
): Promise<void> {
  const isAhead = (stage: Stage): boolean => ahead.includes(stage);
  await allOf([
    checkJobs(deps, plan, isAhead),
    ...(plan.serve === null || !isAhead('register') ? [] : [deps.serving.preflight(plan.serve)]),
    isAhead('push') ? checkOutput(deps, scope, plan, null) : Promise.resolve(),
    isAhead('train') ? findWarmStart(deps, plan) : Promise.resolve(),
  ]);
}

async function checkJobs(deps: ActivityDeps, plan: UnpinnedPlan, isAhead: (stage: Stage) => boolean): Promise<void> {
  const jobs = [isAhead('train') ? plan.train : null, isAhead('package') ? plan.package : null];
  const planned = jobs.filter((job) => job !== null);
  if (planned.length === 0) return;
  const [role] = plan.train.roles;
  // The layout step loads the packaged module with torch, whatever trained it.
  const needsTorch = plan.package !== null || (isAhead('train') && role?.launcher === 'torchrun');
  await deps.jobs.preflight(needsTorch ? 'torchrun' : 'plain', planned);
}

/**
 * Whether the output branch may be made.
 * @param own the place that this run may have pushed to already; `null` = it has not pushed yet
 */
export async function checkOutput(
  deps: ActivityDeps,
  scope: StepScope,
  plan: Pick<UnpinnedPlan, 'output'>,
  own: UnpinnedPlan['output'],
): Promise<void> {
  if (plan.output === null) return;
  const { url, credential, branch } = plan.output;
  const taken = await deps.git.checkPush({ url, credential }, branch, scope.signal).catch((error: unknown) => {
    throw inField(error, 'output');
  });
  if (taken === null || (own?.url === url && own.branch === branch)) return;
  throw new TrainyardError('TY_OUTPUT_BRANCH_TAKEN', `branch ${branch} exists already`, {
    where: `output.branch, ${url}`,
    why: `it is at commit ${taken.slice(0, 12)}, and Trainyard never overwrites a branch`,
  });
}
