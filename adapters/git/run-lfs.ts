import { TrainyardError } from '../../domain/errors.ts';
import type { GitCall, Operation } from './operation.ts';
import type { GitOutput } from './run.ts';

const ATTEMPTS = 3;

/**
 * Runs git-lfs. Version 3.7.1 sometimes panics ("negative WaitGroup counter") while it reports a refusal
 * (measured); its transfers can be repeated, so it is asked again for the real answer.
 */
export async function runLfs(operation: Operation, call: GitCall): Promise<GitOutput> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation.git(call);
    } catch (error) {
      const hasPanicked = error instanceof TrainyardError && error.details.why?.startsWith('panic: ') === true;
      if (!hasPanicked || attempt === ATTEMPTS) throw error;
    }
  }
}
