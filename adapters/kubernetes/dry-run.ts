import type { KubeObject } from '../../domain/cluster-job.ts';
import type { KubeApi } from './api.ts';
import { WRITE } from './create.ts';
import { KubeFailure } from './failure.ts';
import { collectionPath, kindOf } from './paths.ts';
import { refusalOf } from './refusal.ts';

/** What an API server says to an object it was asked to try and not to keep. */
export type DryRunAnswer =
  | { readonly kind: 'accepted' }
  /** It is there already, under that name. */
  | { readonly kind: 'exists' }
  /** There is no room for it now; a run would wait. */
  | { readonly kind: 'no room'; readonly why: string }
  /** It builds on another object of the same job, which a dry run does not make. */
  | { readonly kind: 'not judged'; readonly why: string }
  | { readonly kind: 'refused'; readonly error: Error };

/**
 * Asks for one object of a job with `dryRun=All` and strict fields. Never throws for what the server answers.
 * @param all every object of the job, of which some may build on others
 */
export async function dryRun(
  api: KubeApi,
  namespace: string,
  object: KubeObject,
  all: readonly KubeObject[],
): Promise<DryRunAnswer> {
  try {
    const query = { ...WRITE, dryRun: 'All' };
    await api.send('POST', collectionPath(kindOf(object), namespace), { query, body: object });
    return { kind: 'accepted' };
  } catch (error) {
    if (!(error instanceof KubeFailure)) throw error;
    if (error.reason === 'AlreadyExists') return { kind: 'exists' };
    const refused = refusalOf(error, object);
    if (refused instanceof KubeFailure && refused.reason === 'QuotaExceeded') {
      return { kind: 'no room', why: refused.message };
    }
    if (missesRehearsed(error.message, all)) return { kind: 'not judged', why: error.message };
    return { kind: 'refused', error: refused };
  }
}

/** A webhook that looks for what a dry run has not made: Trainer's for the runtime of a TrainJob. */
function missesRehearsed(message: string, objects: readonly KubeObject[]): boolean {
  return objects.some(({ metadata }) => message.includes(`"${metadata.name}" not found`));
}
