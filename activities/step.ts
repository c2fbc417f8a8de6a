import { CompleteAsyncError, Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { crashPoint } from '../ports/crash-point.ts';
import { toFailure } from './to-failure.ts';

const BEAT_MS = 2000;

/** What a step may use of its activity. */
export interface StepScope {
  /** Aborted when the run is cancelled or the worker stops. */
  readonly signal: AbortSignal;
  /** First line of progress, kept with the next heartbeat. */
  readonly progress: (line: string) => void;
}

/**
 * Makes an activity of a step: beats by itself, so that a dead worker is noticed and a cancel arrives,
 * and turns every error into a failure with a code.
 */
export function step<A extends unknown[], R>(
  work: (scope: StepScope, ...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    const context = Context.current();
    const signal = context.cancellationSignal;
    let line: string | undefined;
    const beat = setInterval(() => context.heartbeat(line), BEAT_MS);
    try {
      const result = await work({ signal, progress: (next) => (line = next) }, ...args);
      crashPoint('step.done');
      return result;
    } catch (error) {
      if (error instanceof CompleteAsyncError || error instanceof ApplicationFailure) throw error;
      if (signal.aborted) throw interrupted(context);
      throw toFailure(error);
    } finally {
      clearInterval(beat);
    }
  };
}

/** A cancel ends the activity; a worker that stops hands it to the next one. */
function interrupted(context: Context): Error {
  if (context.cancellationDetails?.cancelRequested === true) {
    return new CancelledFailure('cancelled');
  }
  return ApplicationFailure.create({
    type: 'TY_INTERNAL',
    message: 'the worker stopped during this step',
    nonRetryable: false,
  });
}
