import { join } from 'node:path';
import type { RunPaths } from '../../ports/workspace.ts';

/** Where everything of one run lies below the workspace root. */
export function runPaths(root: string, runId: string): RunPaths {
  const base = join(root, 'runs', runId);
  return {
    root: base,
    output: join(base, 'output'),
    package: join(base, 'package'),
    logs: join(base, 'logs'),
    metrics: join(base, 'metrics.jsonl'),
    record: join(base, 'run.json'),
  };
}
