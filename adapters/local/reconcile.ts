import { firstFailure } from '../../domain/process-job.ts';
import type { ProcessJobState, RankRecord, SubmittedProcessJob } from '../../domain/process-job.ts';
import { readCancel, readClaim, readState, writeState } from './job-files.ts';
import { endGroups, endStrays, isAlive } from './process.ts';
import type { ProcessIdentity } from './process.ts';

/**
 * The state of a job that is claimed: as its supervisor keeps it or, when the supervisor has vanished, the final state
 * made in its place after everything it left has been ended.
 */
export async function reconciledState(dir: string, job: SubmittedProcessJob): Promise<ProcessJobState | null> {
  const state = readState(dir);
  const claim = readClaim(dir);
  if (claim === null || claim.supervisor === null || (state !== null && state.outcome !== null)) return state;
  if (isAlive(claim.supervisor)) return state;
  // It may have ended well between the two looks.
  const last = readState(dir);
  if (last !== null && last.outcome !== null) return last;
  return settle(dir, job, last, readCancel(dir) === null ? 'lost' : 'cancelled');
}

/** Ends whatever a vanished supervisor has left and writes the final state: what the record shows, else `otherwise`. */
export async function settle(
  dir: string,
  job: SubmittedProcessJob,
  state: ProcessJobState | null,
  otherwise: 'lost' | 'cancelled',
): Promise<ProcessJobState> {
  await endGroups(leadersOf(state), 0);
  await endStrays(job.request.name, 0);
  const final = finalState(job, state, otherwise, new Date().toISOString());
  writeState(dir, final);
  return final;
}

/** Nothing is known of how the ranks ended that were still running; those that had a result keep it. */
function finalState(
  job: SubmittedProcessJob,
  state: ProcessJobState | null,
  otherwise: 'lost' | 'cancelled',
  now: string,
): ProcessJobState {
  const base: ProcessJobState = state ?? {
    supervisor: null,
    startedAt: null,
    finishedAt: null,
    outcome: null,
    reason: null,
    stepSeconds: {},
    ranks: [],
  };
  const ranks = base.ranks.map((rank) =>
    rank.finishedAt === null && rank.startedAt !== null
      ? { ...rank, finishedAt: now, endedBy: 'shutdown' as const }
      : rank,
  );
  return { ...base, ranks, finishedAt: now, outcome: recordedOutcome(job, base) ?? otherwise, reason: null };
}

function recordedOutcome(job: SubmittedProcessJob, state: ProcessJobState): 'succeeded' | 'failed' | null {
  if (firstFailure(state) !== null) return 'failed';
  const done = job.spec.roles.every((role) => {
    const last = role.steps.at(-1);
    return last?.launches.every(({ rank }) =>
      endedWell(
        state.ranks.find((record) => record.rank === rank),
        last.name,
      ),
    );
  });
  return done && job.spec.roles.length > 0 ? 'succeeded' : null;
}

function endedWell(rank: RankRecord | undefined, lastStep: string): boolean {
  return (
    rank !== undefined &&
    rank.step === lastStep &&
    rank.finishedAt !== null &&
    rank.exitCode === 0 &&
    rank.endedBy === null
  );
}

function leadersOf(state: ProcessJobState | null): readonly ProcessIdentity[] {
  const leaders: ProcessIdentity[] = [];
  for (const { pid, started } of state?.ranks ?? []) {
    if (pid !== null && started !== null) leaders.push({ pid, started });
  }
  return leaders;
}
