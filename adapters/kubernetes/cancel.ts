import type { ClusterBackend } from '../../domain/cluster-job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import type { Judge } from './judge.ts';
import type { KeptJobs } from './kept-jobs.ts';
import { deleteObjects, waitGone } from './remove.ts';

/** What an end needs besides the grace: the node, the framework and the garbage collector each take their time. */
const SLACK_SECONDS = 30;

interface Cancelling {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly jobs: KeptJobs;
  readonly judge: Judge;
}

/**
 * Ends a job and resolves when nothing of it is left on the cluster. The mark goes first: a submit that is still under
 * way then makes nothing more.
 */
export async function cancelJob(deps: Cancelling, name: string, graceSeconds: number): Promise<void> {
  const kept = deps.jobs.read(name);
  if (kept === null) return;
  const backend = deps.backends[kept.plan.kind];
  if (kept.state.final === null) {
    deps.jobs.update(kept.place, (one) => ({
      ...one,
      endedBy: one.endedBy ?? { why: 'cancel', reason: 'the run was cancelled' },
    }));
  }
  await deleteObjects(deps, kept, backend);
  const look = async (): Promise<void> => {
    await deps.judge.status(name, { live: true });
  };
  await waitGone(deps, kept, backend, graceSeconds + SLACK_SECONDS, look);
  await look();
}
