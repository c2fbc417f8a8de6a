import type { ClusterBackend } from '../../domain/cluster-job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import type { Judge } from './judge.ts';
import type { KeptJobs } from './kept-jobs.ts';
import type { JobMaker } from './maker.ts';
import { deleteObjects } from './remove.ts';
import { waitGone } from './wait-gone.ts';

/** What an end needs besides the grace: the node, the framework and the garbage collector each take their time. */
const SLACK_SECONDS = 30;

interface Cancelling {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly jobs: KeptJobs;
  readonly judge: Judge;
  readonly maker: JobMaker;
}

/**
 * Ends a job and resolves when nothing of it is left on the cluster. The mark goes first: a submit that is still under
 * way then makes nothing more.
 */
export async function cancelJob(deps: Cancelling, name: string, graceSeconds: number): Promise<void> {
  const found = deps.jobs.read(name);
  if (found === null) return;
  const backend = deps.backends[found.plan.kind];
  const by = { why: 'cancel', reason: 'the run was cancelled' } as const;
  deps.jobs.update(found.place, (one) => (one.final === null ? { ...one, endedBy: one.endedBy ?? by } : one));
  // What is being made this moment takes itself back, or is there to be deleted.
  await deps.maker.settled(name);
  const kept = deps.jobs.read(name) ?? found;
  await deleteObjects(deps, kept, backend);
  const look = async (): Promise<void> => {
    await deps.judge.status(name, { live: true });
  };
  await waitGone(deps, kept, backend, graceSeconds + SLACK_SECONDS, look);
  await look();
}
