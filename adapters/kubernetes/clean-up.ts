import { KUBE_LABELS } from '../../domain/cluster-job.ts';
import type { ClusterBackend } from '../../domain/cluster-job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import type { Judge } from './judge.ts';
import type { KeptJob, KeptJobs } from './kept-jobs.ts';
import { listShown } from './list.ts';
import { kindKey } from './paths.ts';
import type { KindRef } from './paths.ts';
import { deleteObjects, labelledKinds } from './remove.ts';
import type { ClusterView } from './view.ts';

interface CleanUp {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly jobs: KeptJobs;
  readonly judge: Pick<Judge, 'logsWhole'>;
  /** Whether it is this worker that cleans; the others leave it to the one that keeps the logs. */
  readonly cleans: () => boolean;
}

/**
 * Removes the objects of a job whose end was told; its logs and its verdict are in the workspace. Those of a failure
 * stay to be looked at for `keepFailedSeconds`.
 */
export async function removeWhenDue(deps: CleanUp, name: string, now: number): Promise<void> {
  const kept = deps.jobs.read(name);
  if (!deps.cleans() || kept === null || !isDue(kept, now) || deps.jobs.isActive(name)) return;
  await deps.judge.logsWhole(name);
  await deleteObjects(deps, kept, deps.backends[kept.plan.kind]);
}

/** Of so many looks at what is watched, one is at everything. */
const WHOLE_LOOKS = 20;

/** Removes what is due, and goes on doing so. `stop` waits for the look that is under way. */
export function startCleaning(deps: CleanUp, view: ClusterView, everyMs: number): { stop(): Promise<void> } {
  let looks = 0;
  let looking: Promise<void> | null = null;
  const look = (): void => {
    // A cluster that is slow is not asked twice at a time.
    if (looking !== null || !deps.cleans()) return;
    const whole = looks % WHOLE_LOOKS === 0;
    looks += 1;
    looking = (whole ? sweepLeft(deps, Date.now()) : sweepEnded(deps, view, Date.now()))
      .catch(() => undefined)
      .finally(() => {
        looking = null;
      });
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

/** Looks at every job of the namespace that is Trainyard's and watched. */
async function sweepEnded(deps: CleanUp, view: ClusterView, now: number): Promise<void> {
  const kinds = Object.values(deps.backends).flatMap(({ watched: [job] }) => job ?? []);
  const names = kinds.flatMap((kind) => view.all(kind)).map((object) => object.metadata.name);
  for (const name of new Set(names)) await removeWhenDue(deps, name, now);
}

/**
 * Looks at everything of the namespace with a job's label: what was kept when a worker ended, and what was left when
 * one died between two deletions, is watched by nobody.
 */
async function sweepLeft(deps: CleanUp, now: number): Promise<void> {
  const names = new Set<string>();
  for (const kind of sweptKinds(deps.backends)) {
    const query = { labelSelector: `${KUBE_LABELS.job},!${KUBE_LABELS.keep}` };
    for (const { metadata } of await listShown(deps, kind, query)) names.add(metadata.labels?.[KUBE_LABELS.job] ?? '');
  }
  for (const name of names) await removeWhenDue(deps, name, now);
}

function sweptKinds(backends: CleanUp['backends']): readonly KindRef[] {
  const all = Object.values(backends).flatMap((backend) => labelledKinds(backend));
  return [...new Map(all.map((kind) => [`${kindKey(kind)}/${kind.version}`, kind])).values()];
}

function isDue({ submitted, state }: KeptJob, now: number): boolean {
  if (state.final === null) return false;
  if (state.final.phase !== 'failed') return true;
  const keep = submitted.request.plan.keepFailedSeconds ?? 0;
  return Date.parse(state.final.finishedAt ?? '') + keep * 1000 <= now;
}
