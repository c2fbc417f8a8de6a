import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseMetrics } from '../domain/metrics.ts';
import type { Plan } from '../domain/plan.ts';
import type { RunPaths } from '../ports/workspace.ts';

/** What evaluation wrote into the package; `null` without packaging or evaluation. */
export async function readMetrics(plan: Plan, paths: RunPaths): Promise<Readonly<Record<string, number>> | null> {
  if (plan.package === null) return null;
  const text = await readFile(join(paths.package, 'metrics.json'), 'utf8').catch(() => null);
  return text === null ? null : parseMetrics(text);
}
