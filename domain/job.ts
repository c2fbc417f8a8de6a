import type { CheckpointPlan } from './checkpoint.ts';
import type { ErrorCode } from './errors.ts';
import type { GateOffer } from './gates/gate.ts';
import type { AttemptCost } from './lost-time.ts';
import type { ClusterJobPlan } from './pod-plan.ts';
import type { ReplicaSources } from './replica-plan.ts';

export type JobPurpose = 'train' | 'package';

/** A step inside a replica; the steps of a role run one after the other. */
export type StepName = 'train' | 'package' | 'layout' | 'evaluate';

export interface ProcessStep {
  readonly name: StepName;
  /**
   * Program and arguments. `{code} {dataset} {model} {output} {package} {assets}` inside an argument stand for
   * the directories of the site, `{assets}` for Trainyard's own `assets` folder there; `{checkpoint}` for what training
   * goes on from, if anything; `python3` for the site's Python.
   */
  readonly argv: readonly string[];
  /** Directory the process starts in. */
  readonly cwd: 'code' | 'model';
}

/** A set of equal replicas. */
export interface RolePlan {
  readonly name: string;
  readonly replicas: number;
  /** Processes in each replica. With `launcher: plain` always 1 process, and this number is only announced. */
  readonly procsPerReplica: number;
  /**
   * `torchrun`: one process per rank with RANK, LOCAL_RANK, WORLD_SIZE … set, as torchrun would start them.
   * `plain`: one process per replica.
   */
  readonly launcher: 'plain' | 'torchrun';
  readonly steps: readonly ProcessStep[];
  readonly env: Readonly<Record<string, string>>;
}

/** Bounds of one process. `null` = no bound. */
export interface ResourcePlan {
  /** Cores; sets OMP_NUM_THREADS. */
  readonly cpu: number | null;
  /** Resident memory of one replica, bytes. */
  readonly memoryBytes: number | null;
  readonly openFiles: number;
}

/** Seconds; `null` = no deadline. */
export interface JobDeadlines {
  /** How long it may wait for room; only on a cluster. */
  readonly queuedSeconds?: number | null;
  readonly startingSeconds: number | null;
  readonly silentSeconds: number | null;
}

/** What a job runs, free of paths and names: part of the plan. */
export interface JobPlan {
  readonly purpose: JobPurpose;
  readonly roles: readonly RolePlan[];
  readonly resources: ResourcePlan;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  readonly deadlines: JobDeadlines;
  /** Port of the rendezvous; `null` = a free one is chosen. */
  readonly rendezvousPort: number | null;
  /** How long the objects of a job that failed are kept, seconds; only on a cluster. */
  readonly keepFailedSeconds?: number;
  /** Left out, the job runs on this machine. */
  readonly cluster?: ClusterJobPlan;
  /** Left out, every attempt begins anew. */
  readonly checkpoint?: CheckpointPlan;
}

/** Absolute directories on the site, as the processes see them. */
export interface JobDirectories {
  readonly code: string;
  readonly model: string;
  readonly dataset: string | null;
  readonly output: string;
  readonly package: string;
  /** `<package>/<model name>/1/model.torchscript`. */
  readonly modelFile: string;
  /** Metrics of training, JSON lines. */
  readonly metricsFile: string;
  /** Where logs of this job's ranks go: `<role>-<rank>.log`. */
  readonly logs: string;
  /** Trainyard's own programs for the site's Python. */
  readonly assets: string;
  /** What training goes on from; left out, it begins anew. */
  readonly checkpoint?: string;
}

/** Everything a backend needs to submit one job. */
export interface JobRequest {
  readonly name: string;
  readonly runId: string;
  readonly attempt: number;
  readonly plan: JobPlan;
  readonly directories: JobDirectories;
  /** What replicas bring themselves; left out, they share the workspace. */
  readonly sources?: ReplicaSources;
}

export type JobPhase = 'queued' | 'starting' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export const TERMINAL_PHASES: readonly JobPhase[] = ['succeeded', 'failed', 'cancelled'];

export function isTerminal(phase: JobPhase): boolean {
  return TERMINAL_PHASES.includes(phase);
}

/** One process of a job. Times are RFC 3339. */
export interface RankStatus {
  readonly role: string;
  readonly rank: number;
  readonly step: StepName;
  readonly pid: number | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export type FailureKind =
  | 'exit-code'
  | 'signal'
  | 'oom'
  | 'command-not-found'
  | 'start-deadline'
  | 'silent'
  | 'no-output'
  | 'no-artifact'
  | 'no-metrics'
  | 'unschedulable'
  | 'image-pull'
  | 'config-missing'
  | 'host-path-missing'
  | 'start-error'
  | 'init-failed'
  | 'evicted'
  | 'preempted'
  | 'node-lost'
  | 'deadline'
  | 'lost';

/** Which of the two retry budgets pays for a failure. */
export type RetryBudget = 'infrastructure' | 'code';

/** Why a job failed: the earliest failing rank, not the ones that died after it. */
export interface FailureCause {
  readonly kind: FailureKind;
  readonly code: ErrorCode;
  readonly budget: RetryBudget;
  readonly message: string;
  readonly step: StepName | null;
  readonly role: string | null;
  readonly rank: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The rank's last lines, at most 20, control characters removed. */
  readonly lastLines: readonly string[];
}

export interface JobStatus {
  readonly name: string;
  readonly runId: string;
  readonly attempt: number;
  readonly purpose: JobPurpose;
  readonly phase: JobPhase;
  /** Why it is not running yet, or what it waits for. */
  readonly reason: string | null;
  readonly submittedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Seconds each step's processes ran, wall time. */
  readonly stepSeconds: Readonly<Partial<Record<StepName, number>>>;
  readonly ranks: readonly RankStatus[];
  readonly cause: FailureCause | null;
}

/** What a job that has not ended is doing, as details of the heartbeat of the activity that waits for it. */
export interface JobProgress {
  readonly phase: JobPhase;
  /** What it waits for; `null` = nothing, it runs. */
  readonly reason: string | null;
}

/** What the workflow learns when a job has ended; small, a value for failures too. */
export interface JobVerdict {
  readonly job: string;
  readonly phase: 'succeeded' | 'failed' | 'cancelled';
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly stepSeconds: Readonly<Partial<Record<StepName, number>>>;
  readonly cause: FailureCause | null;
  /** What evaluation measured; only of a packaging job. */
  readonly metrics: Readonly<Record<string, number>> | null;
  /** Left out where nobody could tell. */
  readonly cost?: AttemptCost;
  /** What the gate behind the job is offered; left out where there is none. */
  readonly offer?: GateOffer;
}

/** The verdict of a status; `null` while the job goes on. */
export function toVerdict(status: JobStatus): JobVerdict | null {
  const { phase } = status;
  if (phase !== 'succeeded' && phase !== 'failed' && phase !== 'cancelled') return null;
  return {
    job: status.name,
    phase,
    startedAt: status.startedAt,
    finishedAt: status.finishedAt,
    stepSeconds: status.stepSeconds,
    cause: status.cause,
    metrics: null,
  };
}
