import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { EndedBy, ProcessLaunch, ProcessRank, RankRecord } from '../../../domain/process-job.ts';
import type { StepName } from '../../../domain/job.ts';
import { isErrno } from '../../shared/json-files.ts';
import { lastLines } from '../log-tail.ts';
import { identify } from '../process.ts';
import type { ProcessIdentity } from '../process.ts';

/**
 * Bounds the process and becomes the program. The script is fixed; everything of the user's comes as a positional
 * argument that no shell reads. A bound above the system's own leaves the system's.
 */
const BOUNDED = 'ulimit -c 0; ulimit -n "$1" 2>/dev/null || :; shift; exec "$@"';

/** One rank: its present process and what is known of it. */
export interface Rank {
  readonly plan: ProcessRank;
  record: RankRecord;
  /** Every process group the rank was given, one a step. */
  readonly groups: ProcessIdentity[];
  /** Settles when the present process has ended and its record says how. */
  ended: Promise<void>;
}

export function newRank(plan: ProcessRank, role: string, step: StepName): Rank {
  const record: RankRecord = {
    role,
    rank: plan.rank,
    step,
    pid: null,
    started: null,
    startedAt: null,
    finishedAt: null,
    exitCode: null,
    signal: null,
    joined: false,
    endedBy: null,
    memoryBytes: null,
    spawnError: null,
    lastLines: [],
  };
  return { plan, record, groups: [], ended: Promise.resolve() };
}

export function isRunning(rank: Rank): boolean {
  return rank.record.startedAt !== null && rank.record.finishedAt === null;
}

/** Ended with code 0, by itself. */
export function endedWell(rank: Rank): boolean {
  const { finishedAt, exitCode, endedBy } = rank.record;
  return finishedAt !== null && exitCode === 0 && endedBy === null;
}

/** Notes why a rank is about to be ended; what has ended by itself keeps its own reason. */
export function markEnding(rank: Rank, endedBy: EndedBy): void {
  if (isRunning(rank) && rank.record.endedBy === null) rank.record = { ...rank.record, endedBy };
}

/**
 * Starts one step of a rank in a session and process group of its own, its output appended to the rank's log.
 * `changed` is called once the process has ended.
 */
export function startStep(
  rank: Rank,
  step: StepName,
  launch: ProcessLaunch,
  openFiles: number,
  changed: () => void,
): void {
  const log = openSync(rank.plan.log, 'a', 0o640);
  const child = spawn('/bin/sh', ['-c', BOUNDED, 'sh', String(openFiles), ...launch.argv], {
    cwd: launch.cwd,
    env: { ...process.env, ...launch.env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const identity = child.pid === undefined ? null : identify(child.pid);
  if (identity !== null) rank.groups.push(identity);
  rank.record = {
    ...rank.record,
    step,
    pid: child.pid ?? null,
    started: identity?.started ?? null,
    startedAt: new Date().toISOString(),
    finishedAt: null,
    exitCode: null,
    signal: null,
    joined: rank.record.joined || rank.plan.joins === 'spawn',
  };
  rank.ended = new Promise((resolve) => {
    const end = (how: Pick<RankRecord, 'exitCode' | 'signal' | 'spawnError'>): void => {
      rank.record = finish(rank, how);
      resolve();
      changed();
    };
    child.once('error', (error) => end({ exitCode: null, signal: null, spawnError: errorName(error) }));
    child.once('exit', (exitCode, signal) => end({ exitCode, signal, spawnError: null }));
  });
}

function finish(rank: Rank, how: Pick<RankRecord, 'exitCode' | 'signal' | 'spawnError'>): RankRecord {
  const { record, plan } = rank;
  const well = how.exitCode === 0;
  return {
    ...record,
    ...how,
    finishedAt: new Date().toISOString(),
    joined: record.joined || well,
    lastLines: well || record.endedBy === 'peer' || record.endedBy === 'cancel' ? [] : lastLines(plan.log),
  };
}

function errorName(error: Error): string {
  for (const name of ['ENOENT', 'ENOTDIR', 'EACCES', 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'E2BIG']) {
    if (isErrno(error, name)) return name;
  }
  return error.message;
}
