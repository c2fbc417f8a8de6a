import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lentKey, snapshotKey } from '../domain/replica-plan.ts';
import type { ReplicaSources } from '../domain/replica-plan.ts';
import type { CheckoutPaths, RunRecord } from '../domain/record.ts';
import type { SourcePin } from '../domain/plan.ts';
import type { Handover } from '../ports/handover.ts';
import type { ActivityDeps } from './deps.ts';
import type { StepScope } from './step.ts';

/**
 * The fetch of a site whose replicas fetch for themselves: the worker only sees that each repository can still be read,
 * and lends what is on this machine alone.
 */
export async function deferSources(
  deps: ActivityDeps,
  handover: Handover,
  scope: StepScope,
  { plan, runId }: RunRecord,
): Promise<CheckoutPaths> {
  const look = async (pin: SourcePin | null): Promise<void> => {
    if (pin === null) return;
    if (pin.kind === 'git') await deps.git.resolveRef(pin, pin.ref, scope.signal);
    else await handover.lend(snapshotKey(pin.digest), join(deps.workspace.snapshotPath(pin.digest), '..'), pin.digest);
  };
  await Promise.all([plan.model, plan.code, plan.dataset].map(look));
  // Nothing lies there: each replica has them at the paths of its own that these become.
  const folder = (name: string): string => join(deps.workspace.paths(runId).root, 'source', name);
  const model = folder('model');
  return {
    model,
    code: plan.code === null ? model : folder('code'),
    dataset: plan.dataset === null ? null : folder('dataset'),
  };
}

/** What the replicas of a job bring, with what is in the output folder already: a trained model, or a start for one. */
export async function replicaSources(
  deps: ActivityDeps,
  handover: Handover,
  { plan, runId }: RunRecord,
  job: { readonly name: string; readonly purpose: 'train' | 'package' },
): Promise<ReplicaSources> {
  const { model, code, dataset, requiredFiles } = plan;
  const sources = { model, code, dataset, requiredFiles };
  const paths = deps.workspace.paths(runId);
  const known = job.purpose === 'package' ? await handover.trained(runId, paths) : null;
  if (known !== null) return { ...sources, trained: known };
  const there = await readdir(paths.output).catch(() => []);
  if (there.length === 0) return { ...sources, trained: null };
  const key = lentKey(runId, job.name);
  await handover.lend(key, join(paths.output, '..'), 'output');
  return { ...sources, trained: key };
}
