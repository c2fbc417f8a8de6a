import { remoteOf } from '../spec/remotes.ts';
import type { TrainingSpec } from '../spec/training-spec.ts';
import type { ActivityDeps } from './deps.ts';
import { allOf } from './gather.ts';
import { pinSource } from './pin-sources.ts';
import type { Pins, SourceName } from './pin-sources.ts';
import type { StepScope } from './step.ts';

/** A spec, and what its sources were pinned to. */
export interface Pinned {
  readonly spec: TrainingSpec;
  readonly pins: Pins;
}

/** The pins of a changed spec: a source that is the same one stays at its commit, with the credential it has now. */
export async function repin(deps: ActivityDeps, scope: StepScope, before: Pinned, spec: TrainingSpec): Promise<Pins> {
  const one = async (name: SourceName): Promise<Pins[SourceName]> => {
    const pin = before.pins[name];
    if (!isSame(before.spec, spec, name)) return await pinSource(deps, scope, spec, name);
    return pin?.kind === 'git' ? { ...pin, credential: remoteOf(spec, name)?.credential ?? null } : pin;
  };
  const [model, code, dataset] = await allOf([one('model'), one('code'), one('dataset')]);
  return { model, code, dataset };
}

function isSame(before: TrainingSpec, after: TrainingSpec, name: SourceName): boolean {
  const key = (spec: TrainingSpec): string => {
    const source = spec[name];
    const folder = name === 'code' ? [spec.code?.path, spec.code?.snapshot] : [];
    return JSON.stringify([source?.repo, source?.ref, ...folder]);
  };
  return key(before) === key(after);
}
