import type { ClusterJobStatus, KubeObject, ObservedJob, SubmittedClusterJob } from '../../domain/cluster-job.ts';
import type { FailureCause } from '../../domain/job.ts';
import { clusterJobStatus, jobCause } from '../shared/job-status.ts';
import type { FrameworkView } from '../shared/job-status.ts';
import { textAt } from '../../domain/json.ts';
import { hasEnded, indexFrom, podFacts } from '../shared/pod-facts.ts';
import { jobTrouble, podGroupWait } from '../shared/waits.ts';
import type { JobTrouble } from '../shared/waits.ts';
import { INDEX_KEY } from './network.ts';
import type { VolcanoBackendOptions } from './options.ts';

const STATES: Readonly<Record<string, FrameworkView['state']>> = {
  Pending: 'live',
  Running: 'live',
  Restarting: 'ending',
  Completing: 'ending',
  Terminating: 'ending',
  Aborting: 'ending',
  Completed: 'succeeded',
  Failed: 'failed',
  Aborted: 'failed',
  Terminated: 'failed',
};

/** Events of the job itself: no pod exists that could tell. */
const TROUBLES = ['PVCError', 'PluginError', 'PodGroupError', 'FailedCreatePods', 'FailedCreate'];

/** Claims may come later than the job; then it is time to give up, milliseconds. */
const CLAIM_GRACE_MS = 120_000;

/** What a Volcano Job, its PodGroup and its pods say together. */
export function volcanoJobStatus(job: SubmittedClusterJob<VolcanoBackendOptions>, seen: ObservedJob): ClusterJobStatus {
  const { backend } = job.options;
  const pods = podFacts(job.request, seen.pods, indexFrom(INDEX_KEY));
  const trouble = pods.length === 0 ? jobTrouble(seen.events, TROUBLES) : null;
  const minReplicas = job.request.plan.purpose === 'train' ? backend.minReplicas : undefined;
  return clusterJobStatus(job, seen, {
    ...wordOf(seen.job, { suspended: seen.suspended === true, idle: pods.every(hasEnded) }),
    waits:
      (trouble === null ? null : plainWords(trouble.message)) ??
      podGroupWait(seen.podGroup, backend.queue ?? 'default'),
    pods,
    least: minReplicas ?? null,
    hopeless: hopelessOf(trouble, seen.now),
  });
}

/** Volcano writes the API server's refusal down as the value of Go that it is. */
function plainWords(message: string): string {
  const said = /Message:"((?:[^"\\]|\\.)*)"/.exec(message)?.[1];
  return said === undefined ? message : said.replaceAll(/\\(.)/g, '$1');
}

/** What decides between two meanings of a phase. */
interface Circumstances {
  readonly suspended: boolean;
  /** No pod of it is there that has not ended. */
  readonly idle: boolean;
}

function wordOf(
  job: KubeObject | null,
  { suspended, idle }: Circumstances,
): Pick<FrameworkView, 'state' | 'reason' | 'finishedAt'> {
  if (job === null) return { state: 'gone', reason: null, finishedAt: null };
  const phase = textAt(job, 'status', 'state', 'phase') ?? 'Pending';
  const stopped = suspended && (phase === 'Aborting' || phase === 'Aborted');
  // Resumed, it begins again with nothing to end.
  const begins = idle && phase === 'Restarting';
  const state = stopped ? 'suspended' : begins ? 'live' : (STATES[phase] ?? 'live');
  const said = [textAt(job, 'status', 'state', 'reason'), textAt(job, 'status', 'state', 'message')];
  const words = said.filter((part) => part !== null).join(': ');
  const reason =
    state === 'ending' ? `its pods are ending (${phase})${words === '' ? '' : `: ${words}`}` : words || null;
  const over = state === 'succeeded' || state === 'failed';
  return { state, reason, finishedAt: over ? textAt(job, 'status', 'state', 'lastTransitionTime') : null };
}

/** A claim that is not there keeps the job pending for ever, and no phase says so. */
function hopelessOf(trouble: JobTrouble | null, now: string): FailureCause | null {
  if (trouble === null || trouble.reason !== 'PVCError') return null;
  if (!(Date.parse(now) - Date.parse(trouble.since) >= CLAIM_GRACE_MS)) return null;
  return jobCause({
    kind: 'config-missing',
    code: 'TY_JOB_CONFIG_MISSING',
    budget: 'code',
    message: `a volume of the job is missing: ${trouble.message}`,
  });
}
