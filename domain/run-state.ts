import type { AttemptView } from './attempt.ts';
import type { ErrorReport } from './errors.ts';
import type { GateView, RefusedStatement } from './gates/gate.ts';
import type { FailureCause, JobProgress, StepName } from './job.ts';
import type { Lineage } from './rerun.ts';
import type { Stage } from './stage.ts';

/** `reused`: another run has done it, and this one has taken over what it left. */
export type StageStatus = 'waiting' | 'running' | 'done' | 'reused' | 'off' | 'skipped' | 'failed' | 'cancelled';

/** One stage as people see it. Times are RFC 3339. */
export interface StageView {
  readonly name: Stage;
  readonly status: StageStatus;
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** `parked`: waits for a person who mends something; `waiting`: for people at a gate. Both hold no process. */
export type RunStatus =
  | 'running'
  | 'waiting'
  | 'parked'
  | 'suspended'
  | 'succeeded'
  | 'failed'
  | 'cancelling'
  | 'cancelled';

/** What pushed and registered stages left. */
export interface OutputView {
  readonly url: string;
  readonly branch: string;
  readonly commit: string | null;
}

export interface ServiceView {
  readonly name: string;
  readonly url: string;
  readonly version: string;
}

/** A run as the query, `run get` and the SDK show it. */
export interface RunView {
  readonly runId: string;
  readonly workflowId: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly project: string;
  readonly status: RunStatus;
  readonly stage: Stage | null;
  readonly stages: readonly StageView[];
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly output: OutputView | null;
  readonly service: ServiceView | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  /** What the job that it waits for is doing; left out where nothing is known of it. */
  readonly job?: JobProgress;
  /** Why it failed or parked. */
  readonly error: ErrorReport | null;
  readonly cause: FailureCause | null;
  /** The last jobs, oldest first, at most 20; left out in views of before. */
  readonly attempts?: readonly AttemptView[];
  /** Seconds that processes of training, packaging and evaluation ran. */
  readonly stepSeconds: Readonly<Partial<Record<StepName, number>>>;
  /** Parked: until when a person may mend it. */
  readonly parkedUntil: string | null;
  /** In the order of the run; left out where it has none. */
  readonly gates?: readonly GateView[];
  /** Decisions by signal about no gate that was open then; the last 20. */
  readonly refusedDecisions?: readonly RefusedStatement[];
  /** Who started the run, checked by signature; left out where nobody knows. */
  readonly requester?: string | null;
  /** The run it goes on from; left out where there is none. */
  readonly rerunOf?: Lineage;
  /** What a cancel could not remove. */
  readonly leftovers: readonly string[];
}

/** What one rank uses, as `run top` shows it: the last sample and the highest memory so far. */
export interface RankUsage {
  readonly job: string;
  readonly role: string;
  readonly rank: number;
  readonly pid: number | null;
  /** Cores, for instance 1.5; `null` with the first sample, which has nothing to compare with. */
  readonly cpu: number | null;
  /** Resident memory, bytes; `null` = the cluster does not measure it. */
  readonly memoryBytes: number | null;
  readonly peakMemoryBytes: number | null;
  /** Left out where nobody measures it, or the rank has none. */
  readonly gpu?: GpuUse;
  /** RFC 3339. */
  readonly sampledAt: string;
}

/** What a rank uses of its GPUs together. */
export interface GpuUse {
  readonly devices: number;
  /** 0 to 1, the mean of the devices; `null` = not measured. */
  readonly utilization: number | null;
  /** Bytes; `null` = not measured. */
  readonly memoryBytes: number | null;
}
