import { copyFile, mkdir } from 'node:fs/promises';
import type { RunRef } from '../domain/activities.ts';
import { TrainyardError } from '../domain/errors.ts';
import type { ArtifactView, RunRecord } from '../domain/record.ts';
import { crashPoint } from '../ports/crash-point.ts';
import type { RunPaths } from '../ports/workspace.ts';
import { describeArtifact } from './artifact.ts';
import { settledView } from './base-run.ts';
import type { ActivityDeps } from './deps.ts';
import { emptySource } from './fetch-sources.ts';
import { hasOwnCard, pushedFolder } from './own-card.ts';
import { stagesAhead } from './prepare-rerun.ts';
import { amendRecord, needRecord } from './records.ts';
import type { StepScope } from './step.ts';
import { placeWarmStart } from './warm-start.ts';

type Folder = 'output' | 'package';

/**
 * Brings what stages ahead need of another run into this run's own folders, and makes sure that it is what that run
 * left. A folder that an earlier try has brought is not brought again.
 */
export async function takeOver(deps: ActivityDeps, _scope: StepScope, run: RunRef): Promise<void> {
  const record = await needRecord(deps.workspace, run.runId);
  const { inherited } = record.plan;
  if (inherited === undefined) return;
  const base = await needRecord(deps.workspace, inherited.runId);
  const ahead = stagesAhead(record.plan);
  if (record.checkouts?.model.startsWith(`${deps.workspace.paths(run.runId).root}/`) === true) {
    await emptySource(deps, run.runId);
  }
  if (ahead.includes('train')) {
    await placeWarmStart(deps, record);
    return;
  }
  await copyMetrics(deps.workspace.paths(base.runId), deps.workspace.paths(run.runId));
  const folder: Folder = ahead.includes('package') || record.plan.package === null ? 'output' : 'package';
  if (record.takenOver?.[folder] !== undefined) return;
  await bring(deps, { record, base }, folder);
}

async function bring(
  deps: ActivityDeps,
  { record, base }: { readonly record: RunRecord; readonly base: RunRecord },
  folder: Folder,
): Promise<void> {
  const { workspace } = deps;
  const left = folder === 'package' ? await artifactOf(deps, base) : null;
  crashPoint('take-over.before');
  const leaveOut = await written(base, workspace.paths(base.runId), folder);
  const { digest, bytes } = await workspace.takeOver({ runId: base.runId, leaveOut }, record.runId, folder);
  crashPoint('take-over.copied');
  const expected = base.takenOver?.[folder]?.digest ?? digest;
  if (digest !== expected) throw changed(base, folder, `its files have digest ${digest}, and had ${expected}`);
  const artifact = left === null ? null : await describeArtifact(record.plan, workspace.paths(record.runId));
  if (artifact?.sha256 !== left?.sha256) {
    throw changed(
      base,
      folder,
      `the artifact has sha256 ${artifact?.sha256 ?? 'none'}, and had ${left?.sha256 ?? 'none'}`,
    );
  }
  // Somebody may have set it going while it was being copied.
  await settledView(await needRecord(workspace, base.runId));
  await amendRecord(workspace, record, {
    takenOver: { ...record.takenOver, [folder]: { digest, bytes } },
    ...(artifact === null ? {} : { artifact }),
  });
}

/** What the other run said of its artifact; a parked one has not said it yet. */
async function artifactOf({ workspace }: ActivityDeps, base: RunRecord): Promise<ArtifactView | null> {
  return base.artifact ?? (await describeArtifact(base.plan, workspace.paths(base.runId)));
}

/** What the other run's push wrote about that run, and this one's will write about itself. */
async function written(base: RunRecord, paths: RunPaths, folder: Folder): Promise<readonly string[]> {
  if (folder !== pushedFolder(base)) return [];
  return (await hasOwnCard(base, paths)) ? ['trainyard.json', 'README.md'] : ['trainyard.json'];
}

async function copyMetrics(from: RunPaths, to: RunPaths): Promise<void> {
  await mkdir(to.root, { recursive: true });
  await copyFile(from.metrics, to.metrics).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function changed(base: RunRecord, folder: Folder, why: string): TrainyardError {
  return new TrainyardError('TY_RERUN_CHANGED', `the ${folder} folder of run ${base.runId} is not what it left`, {
    where: `run ${base.runId}, ${folder}`,
    why,
    fix: `trainyard run rerun ${base.runId} --from ${folder === 'package' ? 'package' : 'train'}`,
  });
}
