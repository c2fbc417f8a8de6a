import type { ErrorReport, SpecIssue } from '../domain/errors.ts';
import { errorEntry, toReport, TrainyardError } from '../domain/errors.ts';

/** Waits for all, also when some fail, and then throws everything that was found as one error. */
export async function allOf<const T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(work);
  throwAll(results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
  return await Promise.all(work);
}

/** Throws the first error with the others listed; a retryable one only if all are. */
function throwAll(errors: readonly unknown[]): void {
  const [only, second] = errors;
  if (only === undefined) return;
  if (second === undefined) throw only;
  const reports = errors.map(toReport);
  const first = reports.find(({ code }) => errorEntry(code).fate !== 'retry') ?? toReport(only);
  const issues = reports.flatMap((report) => report.issues ?? [issueOf(report)]);
  throw new TrainyardError(first.code, first.message, { ...first, issues });
}

function issueOf(report: ErrorReport): SpecIssue {
  const why = report.why === undefined ? '' : ` (${report.why})`;
  return { path: report.where ?? '', code: report.code, message: `${report.message}${why}` };
}
