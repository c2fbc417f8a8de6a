import type { JobRequest, JobStatus, StepName } from './job.ts';

/** What the supervisor of a local job is told: a `JobRequest` with every directory, port and variable filled in. */
export interface ProcessJobSpec {
  readonly name: string;
  readonly graceSeconds: number;
  /** Seconds; `null` = no deadline. */
  readonly startingSeconds: number | null;
  readonly silentSeconds: number | null;
  /** Resident memory of one replica, bytes. */
  readonly memoryBytes: number | null;
  readonly openFiles: number;
  readonly rendezvousPort: number;
  /** Directories made before the first process starts. */
  readonly directories: readonly string[];
  readonly roles: readonly ProcessRole[];
}

export interface ProcessRole {
  readonly name: string;
  readonly ranks: readonly ProcessRank[];
  /** A step starts when every process of the step before has ended well. */
  readonly steps: readonly ProcessRoleStep[];
}

export interface ProcessRank {
  /** Unique across the job. */
  readonly rank: number;
  /** Index of the replica across the job; the memory bound holds for its ranks together. */
  readonly replica: number;
  readonly log: string;
  /** When the rank counts as started: with its process, or once it has reached the rendezvous. */
  readonly joins: 'spawn' | 'rendezvous';
}

export interface ProcessRoleStep {
  readonly name: StepName;
  readonly launches: readonly ProcessLaunch[];
}

export interface ProcessLaunch {
  readonly rank: number;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Why the supervisor ended a process: another rank failed, a cancel, too much memory, a deadline, or it was itself told to go. */
export type EndedBy = 'peer' | 'cancel' | 'memory' | 'deadline' | 'shutdown';

/** What is known of one rank: its present or last process. Times are RFC 3339. */
export interface RankRecord {
  readonly role: string;
  readonly rank: number;
  readonly step: StepName;
  readonly pid: number | null;
  /** Start time that with the pid names the process for ever. */
  readonly started: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly joined: boolean;
  /** `null` = it ended by itself, or still runs. */
  readonly endedBy: EndedBy | null;
  /** Memory of its replica when that was too much, bytes. */
  readonly memoryBytes: number | null;
  /** The system's word for why the process could not be started, for instance `ENOENT`. */
  readonly spawnError: string | null;
  readonly lastLines: readonly string[];
}

/** What the supervisor keeps on disk; replaced as a whole with every change. */
export interface ProcessJobState {
  readonly supervisor: { readonly pid: number; readonly started: string } | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** `lost`: the supervisor ended before the job did. `null` while the job goes on. */
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'lost' | null;
  readonly reason: string | null;
  readonly stepSeconds: Readonly<Partial<Record<StepName, number>>>;
  readonly ranks: readonly RankRecord[];
}

/** A job as it was handed in; written once. */
export interface SubmittedProcessJob {
  readonly submittedAt: string;
  readonly request: JobRequest;
  readonly spec: ProcessJobSpec;
}

/** The pure half of the local backend, given to its adapter by whoever composes the two. */
export interface ProcessBackend {
  render(request: JobRequest, rendezvousPort: number): ProcessJobSpec;
  status(job: SubmittedProcessJob, state: ProcessJobState | null): JobStatus;
}

/** The rank that failed first by its own doing; the ones that died after it, or were ended, do not count. */
export function firstFailure(state: ProcessJobState): RankRecord | null {
  let first: RankRecord | null = null;
  for (const rank of state.ranks) {
    if (!hasFailed(rank)) continue;
    if (first === null || (rank.finishedAt ?? '') < (first.finishedAt ?? '')) first = rank;
  }
  return first;
}

function hasFailed(rank: RankRecord): boolean {
  if (rank.finishedAt === null) return false;
  if (rank.endedBy !== null) return rank.endedBy === 'memory';
  return rank.spawnError !== null || rank.signal !== null || rank.exitCode !== 0;
}
