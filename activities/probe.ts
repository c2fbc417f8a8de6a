import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { RunRef } from '../domain/activities.ts';
import type { ErrorCode, ErrorReport } from '../domain/errors.ts';
import type { SourcePin } from '../domain/plan.ts';
import type { Stage } from '../domain/stage.ts';
import type { ActivityDeps } from './deps.ts';
import { needRecord } from './records.ts';
import type { StepScope } from './step.ts';

/** A rehearsed push cannot tell whether these are mended: a person has to. */
const UNSEEN: readonly ErrorCode[] = ['TY_PUSH_PROTECTED', 'TY_LFS_QUOTA'];

/**
 * Looks at just what parked the run. Fails, quietly and retryably, while it is not mended. Never at the first try:
 * a check that is kinder than the stage itself would send the run round without a pause.
 */
export async function probe(
  deps: ActivityDeps,
  scope: StepScope,
  check: RunRef & { readonly stage: Stage; readonly error: ErrorReport },
): Promise<void> {
  try {
    if (Context.current().info.attempt === 1) throw new Error('it failed just now');
    if (UNSEEN.includes(check.error.code)) throw new Error('only a real push can tell');
    await look(deps, scope, check);
  } catch (error) {
    throw ApplicationFailure.create({
      type: check.error.code,
      message: error instanceof Error ? error.message : String(error),
      nonRetryable: false,
      category: ApplicationFailureCategory.BENIGN,
    });
  }
}

async function look(
  deps: ActivityDeps,
  scope: StepScope,
  check: RunRef & { readonly stage: Stage; readonly error: ErrorReport },
): Promise<void> {
  const { plan } = await needRecord(deps.workspace, check.runId);
  if (check.error.code === 'TY_DISK_FULL') return await deps.workspace.requireFree(check.error.needBytes ?? 0);
  if (check.error.code === 'TY_CLUSTER_UNAUTHORIZED') return await deps.jobs.preflight('plain');
  if (check.stage === 'push' && plan.output !== null) {
    const { url, credential, branch } = plan.output;
    await deps.git.checkPush({ url, credential }, branch, scope.signal);
    return;
  }
  const pins = [plan.model, plan.code, plan.dataset].filter(isGit);
  await Promise.all(pins.map((pin) => deps.git.resolveRef(pin, pin.ref, scope.signal)));
}

function isGit(pin: SourcePin | null): pin is Extract<SourcePin, { kind: 'git' }> {
  return pin?.kind === 'git';
}
