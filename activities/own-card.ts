import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelCard } from '../domain/model-card.ts';
import type { RunRecord } from '../domain/record.ts';
import type { RunPaths } from '../ports/workspace.ts';
import { describeArtifact } from './artifact.ts';
import { readMetrics } from './read-metrics.ts';

/** Folder whose files are pushed. */
export function pushedFolder({ plan }: Pick<RunRecord, 'plan'>): 'output' | 'package' {
  return plan.package === null ? 'output' : 'package';
}

/** Whether the model card in a run's tree is the one its push writes. Many trainers write one of their own. */
export async function hasOwnCard(record: RunRecord, paths: RunPaths): Promise<boolean> {
  const { plan, spec } = record;
  const card = await readFile(join(paths[pushedFolder(record)], 'README.md'), 'utf8').catch(() => null);
  if (card === null) return false;
  const artifact = await describeArtifact(plan, paths);
  return card === modelCard({ plan, spec, artifact, metrics: await readMetrics(plan, paths) });
}
