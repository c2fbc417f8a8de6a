import { writeFileSync } from 'node:fs';

/** Counts tests over all rings and leaves the sums in the file that TRAINYARD_TEST_COUNTS names. */
export class CountingReporter {
  onTestRunEnd(modules, errors) {
    const file = process.env.TRAINYARD_TEST_COUNTS;
    if (file !== undefined) writeFileSync(file, JSON.stringify(countTests(modules, errors)));
  }
}

/** A file that does not load and an error outside any test count as one failure each. */
export function countTests(modules, errors) {
  const counts = { passed: 0, failed: errors.length, skipped: 0 };
  for (const module of modules) {
    let failedTests = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') counts.passed += 1;
      else if (state === 'failed') failedTests += 1;
      else counts.skipped += 1;
    }
    counts.failed += failedTests;
    if (failedTests === 0 && module.state() === 'failed') counts.failed += 1;
  }
  return counts;
}

// Vitest loads a reporter by its default export.
export default CountingReporter;
