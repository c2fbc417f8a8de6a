import type { Conclusion } from '../domain/activities.ts';
import { endedNotice } from '../domain/notices/make.ts';
import { mergeAttempts } from '../domain/attempt.ts';
import { crashPoint } from '../ports/crash-point.ts';
import { describeArtifact } from './artifact.ts';
import type { ActivityDeps } from './deps.ts';
import { keepDecision } from './gate-evidence.ts';
import { amendRecord, needRecord } from './records.ts';
import { freeSlot } from './slots.ts';
import type { StepScope } from './step.ts';

/** The last write of a run's record: what it came to. */
export async function conclude(deps: ActivityDeps, scope: StepScope, end: Conclusion): Promise<void> {
  const record = await needRecord(deps.workspace, end.runId);
  const artifact = record.artifact ?? (await describeArtifact(record.plan, deps.workspace.paths(end.runId)));
  const metrics = end.view.metrics ?? record.metrics;
  const attempts = mergeAttempts(record.attempts ?? [], end.view.attempts ?? []);
  // Those that no later step has kept: what rejected the run, and what let it pass before it was cancelled.
  for (const gate of end.view.gates ?? []) if (gate.decidedAt !== null) await keepDecision(deps, record, gate);
  crashPoint('conclude.before');
  await amendRecord(deps.workspace, record, { view: end.view, artifact, metrics, attempts });
  // It is in the workspace. What cannot be removed now is for the rule of the bucket.
  await deps.handover?.forget(end.runId).catch(() => undefined);
  const { slot } = record.plan;
  if (slot !== undefined) await freeSlot(deps, scope, { slot });
  crashPoint('conclude.before-told');
  await deps.workspace.announce(endedNotice(record.plan, { ...end.view, metrics }));
}
