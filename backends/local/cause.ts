import type { FailureCause } from '../../domain/job.ts';
import { firstFailure } from '../../domain/process-job.ts';
import type { ProcessJobState, RankRecord, SubmittedProcessJob } from '../../domain/process-job.ts';

type Finding = Pick<FailureCause, 'kind' | 'code' | 'budget' | 'message'>;

/** Why a local job failed: what its first failing rank did, a deadline, or that nobody knows. */
export function failureCause(job: SubmittedProcessJob, state: ProcessJobState): FailureCause {
  const failed = firstFailure(state);
  if (failed !== null) return { ...explain(job, failed), ...whose(failed) };
  const late = state.ranks.filter((rank) => rank.endedBy === 'deadline');
  const [first] = late;
  if (first !== undefined) return { ...explainDeadline(job, late), ...whose(first), exitCode: null, signal: null };
  const message = state.reason ?? 'the supervisor of the job was ended from outside before the job had a result';
  const code = message.startsWith('ENOSPC') ? 'TY_DISK_FULL' : 'TY_JOB_LOST';
  return { kind: 'lost', code, budget: 'infrastructure', message, ...NOBODY };
}

const NOBODY = { step: null, role: null, rank: null, exitCode: null, signal: null, lastLines: [] } as const;

function whose(rank: RankRecord): Pick<FailureCause, 'step' | 'role' | 'rank' | 'exitCode' | 'signal' | 'lastLines'> {
  const { step, role, exitCode, signal, lastLines } = rank;
  return { step, role, rank: rank.rank, exitCode, signal, lastLines };
}

function explain(job: SubmittedProcessJob, rank: RankRecord): Finding {
  const who = `${rank.role} rank ${rank.rank}`;
  if (rank.endedBy === 'memory') return memoryFinding(job, rank, who);
  if (rank.spawnError !== null) return spawnFinding(job, rank, who, rank.spawnError);
  if (rank.signal !== null) return signalFinding(who, rank.signal);
  if (rank.exitCode === 127) {
    const program = programOf(job, rank);
    return {
      kind: 'command-not-found',
      code: 'TY_JOB_COMMAND_NOT_FOUND',
      budget: 'code',
      message: `${who} could not run its ${rank.step} step: ${program} or a command it calls was not found (exit code 127)`,
    };
  }
  const outside = rank.exitCode === 137 ? '; possible OOM: something in it was killed, often for want of memory' : '';
  return {
    kind: 'exit-code',
    code: 'TY_JOB_EXIT_CODE',
    budget: 'code',
    message: `${who} ended with exit code ${rank.exitCode} in its ${rank.step} step${outside}`,
  };
}

function memoryFinding(job: SubmittedProcessJob, rank: RankRecord, who: string): Finding {
  const asked = formatBytes(job.spec.memoryBytes ?? 0);
  const used = formatBytes(rank.memoryBytes ?? 0);
  return {
    kind: 'oom',
    code: 'TY_JOB_OOM',
    budget: 'code',
    message: `${who} was ended for its memory: ${asked} asked for, ${used} used by its replica`,
  };
}

function spawnFinding(job: SubmittedProcessJob, rank: RankRecord, who: string, error: string): Finding {
  if (error === 'ENOENT' || error === 'ENOTDIR' || error === 'EACCES') {
    const message = `${who} could not start ${programOf(job, rank)}: its directory or the shell is missing or closed (${error})`;
    return { kind: 'command-not-found', code: 'TY_JOB_COMMAND_NOT_FOUND', budget: 'code', message };
  }
  return {
    kind: 'lost',
    code: 'TY_JOB_LOST',
    budget: 'infrastructure',
    message: `the machine could not start a process for ${who} (${error})`,
  };
}

function signalFinding(who: string, signal: string): Finding {
  const outside =
    signal === 'SIGKILL' ? ' that Trainyard did not send; possible OOM: the system may have been out of memory' : '';
  return { kind: 'signal', code: 'TY_JOB_SIGNAL', budget: 'code', message: `${who} was ended by ${signal}${outside}` };
}

function explainDeadline(job: SubmittedProcessJob, late: readonly RankRecord[]): Finding {
  const names = late.map((rank) => `${rank.role} rank ${rank.rank}`).join(', ');
  return {
    kind: 'start-deadline',
    code: 'TY_JOB_START_DEADLINE',
    budget: 'code',
    message: `${names} did not join the rendezvous within ${job.spec.startingSeconds ?? 0} s`,
  };
}

function programOf(job: SubmittedProcessJob, rank: RankRecord): string {
  const role = job.spec.roles.find((candidate) => candidate.name === rank.role);
  const step = role?.steps.find((candidate) => candidate.name === rank.step);
  const launch = step?.launches.find((candidate) => candidate.rank === rank.rank);
  return JSON.stringify(launch?.argv[0] ?? '');
}

function formatBytes(bytes: number): string {
  const mib = bytes / 2 ** 20;
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}
