import { KUBE_LABELS } from '../../domain/cluster-job.ts';
import type { ClusterBackend } from '../../domain/cluster-job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import type { Judge } from './judge.ts';
import type { KeptJob, KeptJobs } from './kept-jobs.ts';
import { listShown } from './list.ts';
import { kindKey } from './paths.ts';
import type { KindRef } from './paths.ts';
import { deleteObjects, labelledKinds, PODS } from './remove.ts';

interface CleanUp {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly jobs: KeptJobs;
  readonly judge: Pick<Judge, 'logsWhole'>;
  /** Whether it is this worker that keeps the logs; the others cannot tell whether they are whole. */
  readonly keepsLogs: () => boolean;
}

/** So long after its end the log of a job is whole, or will never be, milliseconds. */
const LOGS_MS = 600_000;

/**
 * Removes the objects of a job whose end was told; its logs and its verdict are in the workspace. Those of a failure
 * stay to be looked at for `keepFailedSeconds`. Answers whether they were removed.
 */
export async function removeWhenDue(deps: CleanUp, name: string, now: number): Promise<boolean> {
  const kept = deps.jobs.read(name);
  const lag = deps.keepsLogs() ? 0 : LOGS_MS;
  if (kept === null || !isDue(kept, now, lag) || deps.jobs.isActive(name)) return false;
  await deps.judge.logsWhole(name);
  await deleteObjects(deps, kept, deps.backends[kept.plan.kind]);
  return true;
}

/**
 * Looks at everything of the namespace with a job's label: what was kept until its time was over, and what was left
 * when a worker died between two deletions. Answers the jobs whose objects were removed.
 */
export async function sweepLabelled(deps: CleanUp, now: number): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const kind of sweptKinds(deps.backends)) {
    const query = { labelSelector: `${KUBE_LABELS.job},!${KUBE_LABELS.keep}` };
    for (const { metadata } of await listShown(deps, kind, query)) names.add(metadata.labels?.[KUBE_LABELS.job] ?? '');
  }
  const removed: string[] = [];
  for (const name of names) {
    if (await removeWhenDue(deps, name, now)) removed.push(name);
  }
  return removed;
}

function sweptKinds(backends: CleanUp['backends']): readonly KindRef[] {
  const all = [PODS, ...Object.values(backends).flatMap((backend) => labelledKinds(backend))];
  return [...new Map(all.map((kind) => [`${kindKey(kind)}/${kind.version}`, kind])).values()];
}

function isDue({ submitted, state }: KeptJob, now: number, lag: number): boolean {
  if (state.final === null) return false;
  const kept = state.final.phase === 'failed' ? (submitted.request.plan.keepFailedSeconds ?? 0) * 1000 : 0;
  // The cluster's clock may be ahead of this one's.
  return kept + lag === 0 || Date.parse(state.final.finishedAt ?? '') + kept + lag <= now;
}
