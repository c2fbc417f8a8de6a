import { join } from 'node:path';
import type { CheckpointPlan, WarmStart } from '../domain/checkpoint.ts';
import { placeOfCopy } from '../domain/checkpoint.ts';
import { TrainyardError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import type { RunRecord } from '../domain/record.ts';
import { crashPoint } from '../ports/crash-point.ts';
import { bytesOf, copyCheckpoint, newestCheckpoint } from './checkpoint-files.ts';
import type { ActivityDeps } from './deps.ts';
import { amendRecord } from './records.ts';

type Deps = Pick<ActivityDeps, 'workspace'>;

interface Source {
  readonly checkpoint: { readonly path: string; readonly at: string };
  /** Path that the run which made it declared. */
  readonly declared: string;
  readonly output: string;
}

/**
 * Finds what a run is to be begun with, if anything.
 * @throws TrainyardError `TY_CHECKPOINT_MISSING` where there is no such run in the project, or it left no checkpoint
 */
export async function findWarmStart(deps: Deps, plan: Pick<Plan, 'project' | 'train'>): Promise<Source | null> {
  const { checkpoint } = plan.train;
  const from = checkpoint?.from ?? null;
  if (checkpoint === undefined || from === null) return null;
  const record = await deps.workspace.readRecord(from);
  // A run of another project is not told from one that is not there.
  if (record === null || record.plan.project !== plan.project) {
    throw missing(from, `project ${plan.project} has no run ${from} in this workspace`);
  }
  const declared = record.plan.train.checkpoint?.path ?? checkpoint.path;
  const { output } = deps.workspace.paths(from);
  const found = await newestCheckpoint(output, declared);
  if (found !== null) return { checkpoint: found, declared, output };
  throw missing(from, `there is nothing at ${declared} in its output folder`);
}

/**
 * Copies what training is to be begun with into the run's output folder, once, and notes where it came from. Again for
 * a run that was changed to begin with another.
 */
export async function placeWarmStart(deps: Deps, record: RunRecord): Promise<RunRecord> {
  const { plan, warmStart } = record;
  if (plan.train.checkpoint === undefined || plan.train.checkpoint.from === warmStart?.runId) return record;
  const source = await findWarmStart(deps, plan);
  if (source === null) return record;
  const start = startFrom(plan.train.checkpoint, source);
  const { output } = deps.workspace.paths(plan.runId);
  const from = join(source.output, start.source);
  await deps.workspace.requireFree(await bytesOf(from));
  crashPoint('fetch.before-warm-start');
  await copyCheckpoint(from, output, join(output, start.path));
  crashPoint('fetch.warm-start-copied');
  return await amendRecord(deps.workspace, record, { warmStart: start });
}

function startFrom({ path, from }: CheckpointPlan, { checkpoint, declared }: Source): WarmStart {
  return {
    runId: from ?? '',
    source: checkpoint.path,
    path: placeOfCopy(path, checkpoint.path, declared),
    at: checkpoint.at,
  };
}

function missing(runId: string, why: string): TrainyardError {
  return new TrainyardError('TY_CHECKPOINT_MISSING', `run ${runId} has no checkpoint to start from`, {
    where: 'recipe.checkpoint.from',
    why,
  });
}
