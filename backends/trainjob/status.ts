import type { ClusterJobStatus, KubeObject, ObservedJob, SubmittedClusterJob } from '../../domain/cluster-job.ts';
import type { FailureCause } from '../../domain/job.ts';
import { clusterJobStatus, jobCause } from '../shared/job-status.ts';
import type { FrameworkView } from '../shared/job-status.ts';
import { countAt, listAt } from '../../domain/json.ts';
import { indexFrom, podFacts } from '../shared/pod-facts.ts';
import { jobTrouble, podGroupWait, workloadWait } from '../shared/waits.ts';
import type { TrainjobBackendOptions } from './options.ts';
import { NODE } from './runtime.ts';
import { lastRefusal, trainJobState } from './state.ts';
import type { TrainJobState } from './state.ts';

type Job = SubmittedClusterJob<TrainjobBackendOptions>;
type Told = Omit<FrameworkView, 'pods'>;

const indexOf = indexFrom('batch.kubernetes.io/job-completion-index');

/** Refusals that pass: room comes back, and so does a webhook. */
const PASSING = /exceeded quota|failed calling webhook|timeout|connection refused|try again/i;

export function trainJobStatus(job: Job, seen: ObservedJob): ClusterJobStatus {
  const pods = podFacts(job.request, seen.pods, indexOf, NODE);
  return clusterJobStatus(job, seen, { ...viewOf(job, seen), pods });
}

function viewOf(job: Job, seen: ObservedJob): Told {
  const nothing = { reason: null, waits: null, finishedAt: null };
  if (seen.job === null) {
    // Ended by Trainyard for a refusal that would not pass: the next attempt would meet it, too.
    const message = seen.endedBy === null || seen.pods.length > 0 ? null : lastRefusal(seen.events);
    return { ...nothing, state: 'gone', hopeless: message === null ? null : refused(message) };
  }
  const jobSet = seen.extra.find((object) => object.kind === 'JobSet') ?? null;
  const state = trainJobState(seen.job, jobSet, seen.events, seen.now);
  if (state.kind === 'succeeded') return { ...nothing, state: 'succeeded', finishedAt: state.at };
  if (state.kind === 'failed') return failed(job, state);
  if (seen.job.metadata.deletionTimestamp !== undefined) {
    return { ...nothing, state: 'ending', reason: 'its TrainJob is being removed' };
  }
  // Suspended by Trainyard itself, which is how a job is ended that is to be looked at afterwards.
  if (state.kind === 'suspended' && seen.endedBy !== null) {
    return { ...nothing, state: isActive(seen.job) ? 'ending' : 'gone', reason: seen.endedBy.reason };
  }
  const waits = workloadWait(seen.workload) ?? podGroupWait(seen.podGroup, job.options.backend.queue ?? null);
  return { ...nothing, ...unfinished(state, seen.events, waits) };
}

function isActive(job: KubeObject): boolean {
  return listAt(job, 'status', 'jobsStatus').some((one) => countAt(one, 'active') > 0);
}

function unfinished(
  state: Exclude<TrainJobState, { readonly kind: 'succeeded' | 'failed' }>,
  events: readonly KubeObject[],
  waits: string | null,
): Pick<Told, 'state' | 'waits' | 'reason' | 'hopeless'> {
  switch (state.kind) {
    case 'suspended':
      return { state: 'suspended', waits: waits ?? 'suspended', reason: null };
    case 'unborn': {
      const why = state.refusal === null ? 'Trainer has not made its JobSet yet' : refusal(state.refusal);
      return { state: 'live', waits: waits ?? why, reason: null };
    }
    case 'refused':
      return { state: 'live', waits: refusal(state.message), reason: null, hopeless: refused(state.message) };
    case 'live': {
      const again = state.restarts > 0 ? `started again by its runtime, ${state.restarts} so far` : null;
      return { state: 'live', waits: waits ?? withoutPods(events), reason: again };
    }
  }
}

/** `null` = it passes. */
function refused(said: string): FailureCause | null {
  if (PASSING.test(said)) return null;
  return jobCause({ kind: 'start-error', code: 'TY_BACKEND_UNSUPPORTED', budget: 'code', message: refusal(said) });
}

function refusal(message: string): string {
  return `Trainer cannot make its JobSet: ${message}`;
}

/** Pods that a quota or a policy keeps from being made are told of by events alone. */
function withoutPods(events: readonly KubeObject[]): string | null {
  const trouble = jobTrouble(events, ['FailedCreate']);
  return trouble === null ? null : `its pods cannot be made: ${trouble.message}`;
}

function failed(job: Job, state: Extract<TrainJobState, { readonly kind: 'failed' }>): Told {
  const reason = [state.reason, state.message].filter((part) => part !== '').join(': ');
  return {
    state: 'failed',
    reason: reason === '' ? null : reason,
    waits: null,
    finishedAt: state.at,
    late: state.reason === 'DeadlineExceeded',
    hopeless: state.reason === 'TrainingRuntimeNotSupported' ? withoutRuntime(job, state.message) : null,
  };
}

function withoutRuntime(job: Job, said: string): FailureCause {
  const { kind, name } = job.options.backend.runtime ?? { kind: 'TrainingRuntime', name: job.request.name };
  const message = `Trainer cannot use the ${kind} ${name}: ${said}`;
  return jobCause({ kind: 'config-missing', code: 'TY_JOB_CONFIG_MISSING', budget: 'code', message });
}
