import type { ClusterJobStatus, KubeObject, ObservedJob, SubmittedClusterJob } from '../../domain/cluster-job.ts';
import { clusterJobStatus } from '../shared/job-status.ts';
import type { FrameworkView } from '../shared/job-status.ts';
import { at, textAt, trueCondition } from '../../domain/json.ts';
import type { Condition } from '../../domain/json.ts';
import { indexFrom, podFacts } from '../shared/pod-facts.ts';
import { replicasOf } from '../shared/network.ts';
import { jobTrouble, podGroupWait, workloadWait } from '../shared/waits.ts';
import type { KubernetesJobBackendOptions } from './options.ts';
import { INDEX_KEY } from './render.ts';

type Word = Pick<FrameworkView, 'state' | 'reason' | 'late' | 'finishedAt'>;

/** What an Indexed Job, its pods and whatever queues it say together. */
export function kubernetesJobStatus(
  job: SubmittedClusterJob<KubernetesJobBackendOptions>,
  seen: ObservedJob,
): ClusterJobStatus {
  const pods = podFacts(job.request, seen.pods, indexFrom(INDEX_KEY));
  const refused = pods.length < replicasOf(job.request) ? jobTrouble(seen.events, ['FailedCreate']) : null;
  const queue = job.options.backend.queue ?? null;
  return clusterJobStatus(job, seen, {
    ...wordOf(seen.job),
    waits: workloadWait(seen.workload) ?? refused?.message ?? podGroupWait(seen.podGroup, queue),
    pods,
  });
}

function wordOf(job: KubeObject | null): Word {
  if (job === null) return { state: 'gone', reason: null, finishedAt: null };
  const complete = trueCondition(job, 'Complete');
  if (complete !== null) {
    return { state: 'succeeded', reason: null, finishedAt: textAt(job, 'status', 'completionTime') ?? complete.at };
  }
  const failed = trueCondition(job, 'Failed');
  if (failed !== null) {
    return {
      state: 'failed',
      reason: wordsOf(failed),
      late: failed.reason === 'DeadlineExceeded',
      finishedAt: failed.at,
    };
  }
  const ending = trueCondition(job, 'FailureTarget') ?? trueCondition(job, 'SuccessCriteriaMet');
  if (ending !== null) return { state: 'ending', reason: `its pods are ending: ${wordsOf(ending)}`, finishedAt: null };
  if (at(job, 'spec', 'suspend') === true) return { state: 'suspended', reason: 'suspended', finishedAt: null };
  return { state: 'live', reason: null, finishedAt: null };
}

function wordsOf({ reason, message }: Condition): string {
  return [reason, message].filter((part) => part !== null).join(': ');
}
