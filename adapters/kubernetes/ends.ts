import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterBackend, ClusterJobStatus, ObservedJob } from '../../domain/cluster-job.ts';
import type { FailureCause, JobStatus } from '../../domain/job.ts';
import type { KubeApi } from './api.ts';
import type { KeptJob, KeptJobs } from './kept-jobs.ts';
import type { LogKeeper } from './logs/log-keeper.ts';
import { lastLinesOf } from './rank-logs.ts';
import { deleteObjects } from './remove.ts';

export interface EndsDeps {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly jobs: KeptJobs;
  readonly logs: LogKeeper;
  /** Ends what should be ended; a mere reader leaves that to the watcher. */
  readonly acts: () => boolean;
  /** Two that write the logs of the same ranks would write each line twice. */
  readonly keepsLogs: () => boolean;
  readonly times: {
    /** How long an end waits for the last lines of the logs, milliseconds. */
    readonly logs: number;
  };
}

/** One look at one job. */
export interface Look {
  readonly backend: ClusterBackend;
  readonly kept: KeptJob;
  readonly seen: ObservedJob;
  readonly told: ClusterJobStatus;
}

/** The ends of jobs: logs, last lines, and the verdict on disk. */
export class Ends {
  readonly #deps: EndsDeps;

  constructor(deps: EndsDeps) {
    this.#deps = deps;
  }

  /**
   * The end: the verdict on disk, then nothing of it changes any more. A failure tells its last lines, so that its
   * logs come first; those of a success are whole before its pods go.
   */
  async settle(look: Look): Promise<JobStatus> {
    const { kept, seen, told } = look;
    const { jobs } = this.#deps;
    if (told.phase !== 'succeeded') {
      const known = this.#deps.keepsLogs() ? null : await this.#verdictOfKeeper(kept);
      if (known !== null) return known;
      await this.logsSettled(seen);
    }
    const final = told.phase === 'failed' ? await this.#failed(look) : plain(told);
    const after = jobs.update(kept.place, (one) => (one.final === null ? { ...one, last: final, final } : one));
    // Deleted by somebody who left its pods behind: they must not go on without it.
    if (seen.job === null && this.#deps.acts()) await deleteObjects(this.#deps, kept, look.backend);
    return after.final ?? final;
  }

  async logsSettled({ pods }: ObservedJob): Promise<void> {
    const uids = pods.map((pod) => pod.metadata.uid).filter((uid) => uid !== undefined);
    await this.#deps.logs.settle(uids, this.#deps.times.logs);
  }

  /** The verdict of whoever keeps the logs, which its last lines are taken from; `null` when it does not come. */
  async #verdictOfKeeper({ place }: KeptJob): Promise<JobStatus | null> {
    const { jobs, times } = this.#deps;
    for (const end = performance.now() + times.logs; performance.now() < end; await sleep(100)) {
      const final = jobs.read(place.name)?.state.final ?? null;
      if (final !== null) return final;
    }
    return null;
  }

  async #failed({ backend, kept, seen, told }: Look): Promise<JobStatus> {
    const lastLines = await lastLinesOf(this.#deps.logs, kept, told);
    const whole = plain(backend.status(kept.submitted, { ...seen, lastLines }));
    const { cause } = kept.state;
    // Pods that Trainyard ended say nothing of why it did; that their node was lost may only be known now.
    if (cause === null || whole.cause === null || isDisruption(whole.cause)) return whole;
    return { ...whole, cause: { ...cause, lastLines: lastLines[`${cause.role}-${cause.rank}`] ?? [] } };
  }
}

function isDisruption({ kind }: FailureCause): boolean {
  return kind === 'evicted' || kind === 'preempted' || kind === 'node-lost';
}

/** What is kept of a status: the rest is for whoever looked. */
export function plain({ endNow: _end, pods: _pods, ...status }: ClusterJobStatus): JobStatus {
  return status;
}
