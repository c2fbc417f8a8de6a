import { TrainyardError } from '../domain/errors.ts';
import type { RemoteRef, SourcePin } from '../domain/plan.ts';
import type { TrainingSpec } from '../spec/training-spec.ts';
import type { ActivityDeps } from './deps.ts';
import { throwAll } from './gather.ts';
import type { StepScope } from './step.ts';

export interface Pins {
  readonly model: SourcePin;
  readonly code: SourcePin | null;
  readonly dataset: SourcePin | null;
}

/** Turns refs into commits, side by side, once for the whole run. */
export async function pinSources(
  deps: ActivityDeps,
  scope: StepScope,
  spec: TrainingSpec,
): Promise<Pins> {
  const pin = async (
    field: string,
    source: { readonly repo: string; readonly ref: string; readonly credentials?: string | null | undefined },
  ): Promise<SourcePin> => {
    const remote: RemoteRef = { url: source.repo, credential: credentialOf(spec, source.credentials) };
    try {
      const { ref, commit } = await deps.git.resolveRef(remote, source.ref, scope.signal);
      return { kind: 'git', ...remote, ref, commit };
    } catch (error) {
      throw inField(error, field);
    }
  };
  const { model, code, dataset } = spec;
  const results = await Promise.allSettled([
    pin('model', model),
    codePin(deps, spec, async (repo) => await pin('code', { ...code, ref: code?.ref ?? 'HEAD', repo })),
    dataset?.repo === undefined ? null : pin('dataset', { ...dataset, repo: dataset.repo }),
  ]);
  throwAll(results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
  const [first, second, third] = results.map((result) => (result.status === 'fulfilled' ? result.value : null));
  if (first === null || first === undefined) throw new Error('the model has no pin');
  return { model: first, code: second ?? null, dataset: third ?? null };
}

/** The source's own credential, else the spec's default; an explicit `null` means none. */
export function credentialOf(spec: TrainingSpec, own: string | null | undefined): string | null {
  return own === undefined ? (spec.credentials ?? null) : own;
}

async function codePin(
  deps: ActivityDeps,
  spec: TrainingSpec,
  pinRepo: (repo: string) => Promise<SourcePin>,
): Promise<SourcePin | null> {
  const { code } = spec;
  if (code === null || code === undefined) return null;
  if (code.repo !== undefined) return await pinRepo(code.repo);
  if (code.snapshot !== undefined) return { kind: 'snapshot', digest: code.snapshot };
  if (code.path === undefined) return null;
  const { digest } = await deps.workspace.snapshot(code.path);
  return { kind: 'snapshot', digest };
}

/** Says which field of the spec named the repository. */
function inField(error: unknown, field: string): unknown {
  if (!(error instanceof TrainyardError)) return error;
  const { where } = error.details;
  const named = where === undefined ? field : `${field}, ${where}`;
  return new TrainyardError(error.code, error.message, { ...error.details, where: named }, error);
}
