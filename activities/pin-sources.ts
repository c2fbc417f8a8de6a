import { stat } from 'node:fs/promises';
import { TrainyardError } from '../domain/errors.ts';
import type { SourcePin } from '../domain/plan.ts';
import { remoteOf } from '../spec/remotes.ts';
import type { TrainingSpec } from '../spec/training-spec.ts';
import type { ActivityDeps } from './deps.ts';
import { allOf } from './gather.ts';
import type { StepScope } from './step.ts';

export interface Pins {
  readonly model: SourcePin | null;
  readonly code: SourcePin | null;
  readonly dataset: SourcePin | null;
}

export type SourceName = 'model' | 'code' | 'dataset';

/** Turns refs into commits, side by side, once for the whole run. */
export async function pinSources(deps: ActivityDeps, scope: StepScope, spec: TrainingSpec): Promise<Pins> {
  const [model, code, dataset] = await allOf([
    pinSource(deps, scope, spec, 'model'),
    pinSource(deps, scope, spec, 'code'),
    pinSource(deps, scope, spec, 'dataset'),
  ]);
  return { model, code, dataset };
}

/** One of them; `null` where the spec has none, or containers bring it. */
export async function pinSource(
  deps: ActivityDeps,
  scope: StepScope,
  spec: TrainingSpec,
  name: SourceName,
): Promise<SourcePin | null> {
  if (name === 'code' && spec.code?.repo === undefined) return await pinFolder(deps, spec);
  return await pinRepo(deps, scope, spec, name);
}

async function pinRepo(
  deps: ActivityDeps,
  scope: StepScope,
  spec: TrainingSpec,
  name: SourceName,
): Promise<SourcePin | null> {
  const remote = remoteOf(spec, name);
  if (remote === null) return null;
  try {
    const { ref, commit } = await deps.git.resolveRef(remote, spec[name]?.ref ?? 'HEAD', scope.signal);
    return { kind: 'git', ...remote, ref, commit };
  } catch (error) {
    throw inField(error, name);
  }
}

/** A folder as it is, by its digest: taken now, or before by the command line. */
async function pinFolder(deps: ActivityDeps, spec: TrainingSpec): Promise<SourcePin | null> {
  const { code } = spec;
  if (code?.path !== undefined) {
    try {
      const { digest } = await deps.workspace.snapshot(code.path);
      return { kind: 'snapshot', digest };
    } catch (error) {
      throw inField(error, 'code.path');
    }
  }
  return code?.snapshot === undefined ? null : await pinSnapshot(deps, code.snapshot);
}

async function pinSnapshot(deps: ActivityDeps, digest: string): Promise<SourcePin> {
  const path = deps.workspace.snapshotPath(digest);
  if ((await stat(path).catch(() => null)) !== null) return { kind: 'snapshot', digest };
  throw new TrainyardError('TY_SNAPSHOT_REFUSED', 'there is no such snapshot', {
    where: `code.snapshot, ${path}`,
    why: 'it was taken in another workspace, or has been removed',
    fix: 'trainyard run start --code DIR',
  });
}

/** Says which field of the spec an error is about. */
export function inField(error: unknown, field: string): unknown {
  if (!(error instanceof TrainyardError)) return error;
  const { where } = error.details;
  const named = where === undefined ? field : `${field}, ${where}`;
  return new TrainyardError(error.code, error.message, { ...error.details, where: named }, error);
}
