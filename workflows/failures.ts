import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import type { ErrorReport } from '../domain/errors.ts';
import { errorEntry, isErrorCode } from '../domain/errors.ts';
import type { FailureCause } from '../domain/job.ts';

/** What an activity or a stage threw, as data. Classes die on the wire: only `type` and `details` count. */
export function reportOf(error: unknown): ErrorReport {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  if (failure instanceof ApplicationFailure && isErrorCode(failure.type)) {
    const [details] = failure.details ?? [];
    return isReport(details) ? details : { code: failure.type, message: failure.message };
  }
  if (failure instanceof TimeoutFailure) {
    return {
      code: 'TY_WORKER_MISSING',
      message: 'no worker finished this step in time',
      why: failure.message,
    };
  }
  return { code: 'TY_INTERNAL', message: failure instanceof Error ? failure.message : String(failure) };
}

/** A failed job's verdict as an error. */
export function reportOfCause(cause: FailureCause, job: string): ErrorReport {
  const rank = cause.rank === null ? '' : `, ${cause.role ?? 'rank'} ${cause.rank}`;
  return {
    code: cause.code,
    message: cause.message,
    where: `job ${job}${rank}`,
    ...(cause.lastLines.length > 0 ? { why: cause.lastLines.slice(-5).join('\n') } : {}),
  };
}

export function toFailure(report: ErrorReport): ApplicationFailure {
  return ApplicationFailure.create({
    type: report.code,
    message: report.message,
    nonRetryable: true,
    details: [report],
  });
}

/** Whether a person could mend it. */
export function canAsk(report: ErrorReport): boolean {
  return errorEntry(report.code).fate === 'ask';
}

export { isCancellation };

function isReport(value: unknown): value is ErrorReport {
  return typeof value === 'object' && value !== null && 'code' in value && isErrorCode(value.code);
}
