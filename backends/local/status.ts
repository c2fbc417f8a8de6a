import type { FailureCause, JobPhase, JobStatus, RankStatus } from '../../domain/job.ts';
import type { ProcessJobState, RankRecord, SubmittedProcessJob } from '../../domain/process-job.ts';
import { failureCause } from './cause.ts';

/** What a local job's record says; `state: null` = its supervisor has not written anything yet. */
export function localJobStatus(job: SubmittedProcessJob, state: ProcessJobState | null): JobStatus {
  const { request } = job;
  const phase = phaseOf(state);
  return {
    name: request.name,
    runId: request.runId,
    attempt: request.attempt,
    purpose: request.plan.purpose,
    phase,
    reason: state === null ? 'waits for its supervisor to start' : state.reason,
    submittedAt: job.submittedAt,
    startedAt: state?.startedAt ?? null,
    finishedAt: state?.finishedAt ?? null,
    stepSeconds: state?.stepSeconds ?? {},
    ranks: state?.ranks.map(rankStatus) ?? [],
    cause: causeOf(phase, job, state),
  };
}

function phaseOf(state: ProcessJobState | null): JobPhase {
  if (state === null) return 'queued';
  if (state.outcome === 'lost') return 'failed';
  if (state.outcome !== null) return state.outcome;
  return state.ranks.every((rank) => rank.joined) ? 'running' : 'starting';
}

function rankStatus(rank: RankRecord): RankStatus {
  const { role, step, pid, startedAt, finishedAt, exitCode, signal } = rank;
  return { role, rank: rank.rank, step, pid, startedAt, finishedAt, exitCode, signal };
}

function causeOf(phase: JobPhase, job: SubmittedProcessJob, state: ProcessJobState | null): FailureCause | null {
  return phase === 'failed' && state !== null ? failureCause(job, state) : null;
}
