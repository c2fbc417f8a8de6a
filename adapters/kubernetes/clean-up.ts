import type { ClusterBackend } from '../../domain/cluster-job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import type { KeptJob, KeptJobs } from './kept-jobs.ts';
import { deleteObjects } from './remove.ts';
import type { ClusterView } from './view.ts';

interface CleanUp {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly jobs: KeptJobs;
}

/**
 * Removes the objects of a job whose end was told; its logs and its verdict are in the workspace. Those of a failure
 * stay to be looked at for `keepFailedSeconds`.
 */
export async function removeWhenDue(deps: CleanUp, name: string, now: number): Promise<void> {
  const kept = deps.jobs.read(name);
  if (kept === null || !isDue(kept, now) || deps.jobs.isActive(name)) return;
  await deleteObjects(deps, kept, deps.backends[kept.plan.kind]);
}

/** Looks at every job of the namespace that is Trainyard's. */
export async function sweepEnded(deps: CleanUp, view: ClusterView, now: number): Promise<void> {
  const kinds = Object.values(deps.backends).flatMap(({ watched: [job] }) => job ?? []);
  const names = kinds.flatMap((kind) => view.all(kind)).map((object) => object.metadata.name);
  for (const name of names) await removeWhenDue(deps, name, now);
}

function isDue({ submitted, state }: KeptJob, now: number): boolean {
  if (state.final === null) return false;
  if (state.final.phase !== 'failed') return true;
  const keep = submitted.request.plan.keepFailedSeconds ?? 0;
  return Date.parse(state.final.finishedAt ?? '') + keep * 1000 <= now;
}
