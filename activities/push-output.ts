import { lstat, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatedRef, Offered } from '../domain/activities.ts';
import { TrainyardError } from '../domain/errors.ts';
import { modelCard, provenance } from '../domain/model-card.ts';
import { crashPoint } from '../ports/crash-point.ts';
import { describeArtifact } from './artifact.ts';
import type { ActivityDeps } from './deps.ts';
import { keepDecision, offerBehind } from './gate-evidence.ts';
import { amendRecord, needRecord } from './records.ts';
import { readMetrics } from './read-metrics.ts';
import type { StepScope } from './step.ts';

/** Writes card and provenance into the tree and pushes it as one commit; the same tree gives the same commit. */
export async function pushOutput(
  deps: ActivityDeps,
  scope: StepScope,
  run: GatedRef,
): Promise<{ readonly commit: string } & Offered> {
  const record = await needRecord(deps.workspace, run.runId);
  await keepDecision(deps, record, run.gate);
  const { plan } = record;
  if (plan.output === null) {
    throw new TrainyardError('TY_INTERNAL', 'the plan has no output', { where: `run ${run.runId}` });
  }
  const paths = deps.workspace.paths(run.runId);
  const tree = plan.package === null ? paths.output : paths.package;
  const artifact = await describeArtifact(plan, paths);
  const metrics = await readMetrics(plan, paths);
  const facts = { plan, spec: record.spec, artifact, metrics };
  crashPoint('push.before-files');
  await replaceFile(join(tree, 'trainyard.json'), `${JSON.stringify(provenance(facts), null, 2)}\n`);
  // Many trainers write a card of their own, and that one is kept.
  const card = join(tree, 'README.md');
  if ((await lstat(card).catch(() => null)) === null) await replaceFile(card, modelCard(facts));
  crashPoint('push.files-written');
  const { commit } = await deps.git.push({
    remote: { url: plan.output.url, credential: plan.output.credential },
    branch: plan.output.branch,
    tree,
    lfsPatterns: plan.lfsPatterns,
    message: `Trainyard: ${plan.name}\n\nTrainyard-Run: ${run.runId}\n`,
    author: plan.author,
    date: plan.startedAt,
    signal: scope.signal,
  });
  const pushed = await amendRecord(deps.workspace, record, { artifact, metrics, commit });
  return { commit, ...(await offerBehind(deps, pushed, 'push')) };
}

/** Beside and renamed in: never a half, and never through a link that a script has put there. */
async function replaceFile(path: string, text: string): Promise<void> {
  const beside = `${path}.tmp`;
  await rm(beside, { recursive: true, force: true });
  await writeFile(beside, text, { flag: 'wx' });
  await rename(beside, path);
}
