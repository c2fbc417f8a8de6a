import type { RemoteRef } from '../domain/plan.ts';
import { parseRepoUrl } from '../domain/repo-url.ts';
import type { TrainingSpec } from './schema.ts';

/** The repositories a spec can name. */
export type RemoteName = 'model' | 'code' | 'dataset' | 'output';

/** Address and credential name of a repository of the spec; `null` if the spec names none. */
export function remoteOf(spec: TrainingSpec, name: RemoteName): RemoteRef | null {
  const source = spec[name];
  if (!source || source.repo === undefined) return null;
  // `null` on a source means none, even where the spec has a default.
  const credential = source.credentials === undefined ? (spec.credentials ?? null) : source.credentials;
  const parsed = parseRepoUrl(source.repo);
  return { url: parsed.ok ? parsed.value.url : source.repo, credential };
}
