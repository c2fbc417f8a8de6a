import type { ClusterJobStatus, KubeObject, ObservedJob, SubmittedClusterJob } from '../../domain/cluster-job.ts';
import type { FailureCause } from '../../domain/job.ts';
import { disruption, wentPolitely } from '../shared/failure-disruption.ts';
import { clusterJobStatus, jobCause } from '../shared/job-status.ts';
import type { FrameworkView } from '../shared/job-status.ts';
import { textAt } from '../../domain/json.ts';
import { replicasOf } from '../shared/network.ts';
import { hasStarted, podFacts } from '../shared/pod-facts.ts';
import type { PodFacts } from '../shared/pod-facts.ts';
import { rankStatuses } from '../shared/ranks.ts';
import { podGroupWait } from '../shared/waits.ts';
import type { PaddlejobBackendOptions } from './options.ts';
import { sampleSetState } from './sample-set.ts';
import type { SampleSetState } from './sample-set.ts';

type Job = SubmittedClusterJob<PaddlejobBackendOptions>;

/** The operator's finalizer is gone in moments, if there is an operator, milliseconds. */
const REMOVAL_MS = 300_000;
/** Past the end of all replicas the operator has said so by then, if it will ever, milliseconds. */
const VERDICT_MS = 60_000;
/** A sample set may be made at the same time as its job, milliseconds. */
const SAMPLE_SET_GRACE_MS = 120_000;

export function paddleJobStatus(job: Job, seen: ObservedJob): ClusterJobStatus {
  const pods = podFacts(job.request, seen.pods, indexOf);
  return clusterJobStatus(job, seen, viewOf(job, seen, pods));
}

const FAILED = 'a pod of it has failed';

/** The operator tells a replica's index only in names: `<job>-worker-3`. */
function indexOf(pod: KubeObject): number | null {
  const match = /-(\d{1,6})$/.exec(textAt(pod, 'metadata', 'labels', 'paddle-res-name') ?? pod.metadata.name);
  return match === null ? null : Number(match[1]);
}

function viewOf(job: Job, seen: ObservedJob, pods: readonly PodFacts[]): FrameworkView {
  // Its absence keeps pods from starting until all of them have an address: that is how the operator holds them.
  const common = { pods, expectedConfigMaps: [job.request.name], reason: null, waits: null, finishedAt: null };
  if (seen.job === null) {
    // Ended by Trainyard for what will not mend: the next attempt would meet it, too.
    const hopeless = seen.endedBy === null ? null : hopelessOf(job, seen, pods);
    return { ...common, state: 'gone', hopeless };
  }
  const phase = textAt(seen.job, 'status', 'phase');
  const finishedAt = textAt(seen.job, 'status', 'completionTime');
  if (phase === 'Completed') return { ...common, state: 'succeeded', finishedAt };
  if (phase === 'Failed') return { ...common, state: 'failed', reason: FAILED, finishedAt };
  const removal = seen.job.metadata.deletionTimestamp;
  if (removal !== undefined) return { ...common, state: 'ending', reason: removalReason(removal, seen.now) };
  const end = endUntold(job, seen, pods);
  if (end !== null) return { ...common, state: end, reason: end === 'failed' ? FAILED : null };
  // Any other phase lags behind the pods, and stays as it was when some run and some are done.
  const sampleSet = sampleSetOf(job, seen);
  const data = sampleSet === null || sampleSet.kind === 'ready' ? null : sampleSet.message;
  const pod = podGroupWait(seen.podGroup, job.options.backend.queue ?? null);
  const operator = phase === null && pods.length === 0 ? "waits for PaddleCloud's operator" : null;
  return {
    ...common,
    state: 'live',
    waits: data ?? pod ?? operator,
    hopeless: hopelessOf(job, seen, pods),
    // Before the operator has put another in its place.
    atOnce: takenAway(job, seen) !== null,
  };
}

/**
 * How all replicas ended, where the operator will not say so: it looks at a job with a PodGroup only while that is let
 * in or running, and Volcano may call the group completed first. `null` = some go on, or it is still to be heard.
 */
function endUntold({ request }: Job, seen: ObservedJob, pods: readonly PodFacts[]): 'succeeded' | 'failed' | null {
  const ended = pods.filter((pod) => pod.deletedAt === null && ['Succeeded', 'Failed'].includes(pod.phase));
  if (ended.length < replicasOf(request)) return null;
  const group = textAt(seen.podGroup, 'status', 'phase') ?? 'Running';
  const ends = rankStatuses(ended).map(({ finishedAt }) => Date.parse(finishedAt ?? seen.now));
  const isHeard = group === 'Inqueue' || group === 'Running';
  if (isHeard && Date.parse(seen.now) - Math.max(...ends) < VERDICT_MS) return null;
  return ended.some(({ phase }) => phase === 'Failed') ? 'failed' : 'succeeded';
}

function hopelessOf(job: Job, seen: ObservedJob, pods: readonly PodFacts[]): FailureCause | null {
  const taken = takenAway(job, seen);
  if (taken !== null) return taken;
  if (pods.some((pod) => hasStarted(pod))) return null;
  return withoutSampleSet(job, seen, sampleSetOf(job, seen)) ?? withoutAddress(seen.pods);
}

/**
 * A pod that the cluster took away: the operator makes another in its place, which would train from the start and knows
 * of no checkpoint. Also of one that was replaced already.
 */
function takenAway({ request, options }: Job, seen: ObservedJob): FailureCause | null {
  const all = seen.pods.flatMap((pod) => podFacts(request, [pod], indexOf));
  const needed = all.filter(({ role }) => (options.roles[role.name]?.maxFailed ?? 0) === 0);
  const found = needed.find((pod) => disruption(pod) !== null && (pod.phase !== 'Succeeded' || wentPolitely(pod)));
  const finding = found === undefined ? null : disruption(found);
  if (found === undefined || finding === null) return null;
  const { kind, code, budget, message } = finding;
  return { ...jobCause({ kind, code, budget, message }), role: found.role.name, rank: found.rank };
}

function sampleSetOf(job: Job, seen: ObservedJob): SampleSetState | null {
  const { dataset } = job.options.pod;
  if (dataset.kind !== 'mounted') return null;
  const { name } = dataset;
  const isIt = (object: KubeObject): boolean => object.kind === 'SampleSet' && object.metadata.name === name;
  return sampleSetState(name, seen.extra.find(isIt) ?? null);
}

function withoutSampleSet(job: Job, seen: ObservedJob, state: SampleSetState | null): FailureCause | null {
  if (state?.kind !== 'failed') return null;
  const exists = seen.extra.some((object) => object.kind === 'SampleSet');
  if (!exists && Date.parse(seen.now) - Date.parse(job.submittedAt) < SAMPLE_SET_GRACE_MS) return null;
  const { message } = state;
  return jobCause({ kind: 'config-missing', code: 'TY_JOB_CONFIG_MISSING', budget: 'code', message });
}

/** The operator waits for addresses of four numbers for ever. */
function withoutAddress(pods: readonly KubeObject[]): FailureCause | null {
  const address = pods.map((pod) => textAt(pod, 'status', 'podIP')).find((ip) => ip?.includes(':') === true);
  if (address === undefined) return null;
  const message = `PaddleCloud starts pods with IPv4 addresses only, and the cluster gave one ${address}`;
  return jobCause({ kind: 'start-error', code: 'TY_BACKEND_UNSUPPORTED', budget: 'code', message });
}

function removalReason(since: string, now: string): string {
  const waited = Date.parse(now) - Date.parse(since);
  if (waited < REMOVAL_MS) return 'its PaddleJob is being removed';
  const minutes = Math.floor(waited / 60_000);
  return `its PaddleJob has been waiting ${minutes} min for PaddleCloud's operator to let it go: is the operator running?`;
}
