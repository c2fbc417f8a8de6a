import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastLine } from '../../../scripts/setup/test-counts.mjs';
import { countTests } from '../../../scripts/setup/test-reporter.mjs';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-counts-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function module(state: string, ...tests: readonly string[]) {
  return {
    state: () => state,
    children: { allTests: () => tests.map((each) => ({ result: () => ({ state: each }) })) },
  };
}

describe('the counts of a test run', () => {
  it('add up over all files', () => {
    const modules = [module('failed', 'passed', 'failed'), module('passed', 'passed', 'skipped')];
    expect(countTests(modules, [])).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  it('count a file that does not load and an error outside any test as failures', () => {
    expect(countTests([module('failed')], [new Error('stray')])).toEqual({ passed: 0, failed: 2, skipped: 0 });
  });
});

describe('the last line', () => {
  it('gives the three sums', () => {
    const file = join(folder, 'counts.json');
    writeFileSync(file, '{"passed": 7, "failed": 0, "skipped": 0}');
    expect(lastLine(file, 0)).toEqual({ line: '7 passed, 0 failed, 0 skipped', ok: true });
  });

  it('is a failure when the run broke off and left no counts', () => {
    expect(lastLine(join(folder, 'none.json'), 0)).toEqual({ line: '0 passed, 1 failed, 0 skipped', ok: false });
  });

  it('never claims success for a run that ended with an error', () => {
    const file = join(folder, 'counts.json');
    writeFileSync(file, '{"passed": 7, "failed": 0, "skipped": 0}');
    expect(lastLine(file, 1).line).toBe('7 passed, 1 failed, 0 skipped');
  });
});
