import { ApplicationFailure } from '@temporalio/common';
import { errorEntry, toReport } from '../domain/errors.ts';

/**
 * The one place where an error becomes a Temporal failure. `retry` is retried by the activity's policy;
 * `never` and `ask` are not: the workflow fails or parks. The report travels as details.
 */
export function toFailure(error: unknown): ApplicationFailure {
  const report = toReport(error);
  return ApplicationFailure.create({
    type: report.code,
    message: report.message,
    nonRetryable: errorEntry(report.code).fate !== 'retry',
    details: [report],
    ...(error instanceof Error && report.code === 'TY_INTERNAL' ? { cause: error } : {}),
  });
}
