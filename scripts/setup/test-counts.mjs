import { readFileSync } from 'node:fs';

/** The last line of a test run. A run that left no counts broke off, which is a failure of its own. */
export function lastLine(file, exitCode) {
  let counts = { passed: 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
  try {
    counts = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    counts.failed = Math.max(1, counts.failed);
  }
  // Vitest may fail for a reason no test carries, such as no test at all.
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
  return {
    line: `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
    ok: counts.failed === 0,
  };
}
