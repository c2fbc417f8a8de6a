import type { ErrorReport, SpecIssue } from '../domain/errors.ts';
import { toReport, TrainyardError } from '../domain/errors.ts';

/** Throws the first error with the others listed; a retryable one only if all are. */
export function throwAll(errors: readonly unknown[]): void {
  const [only, second] = errors;
  if (only === undefined) return;
  if (second === undefined) throw only;
  const reports = errors.map(toReport);
  const [first = toReport(only)] = reports;
  const issues = reports.map((report): SpecIssue => issueOf(report));
  throw new TrainyardError(first.code, first.message, { ...first, issues });
}

function issueOf(report: ErrorReport): SpecIssue {
  const why = report.why === undefined ? '' : ` (${report.why})`;
  return { path: report.where ?? '', code: report.code, message: `${report.message}${why}` };
}
