import { setTimeout as delay } from 'node:timers/promises';
import { markedProcesses, processRow, processTable } from './process-table.ts';

/** One process for ever: pids are used again, a pid with its start time is not. Safe to keep in a file. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

/** Variable that every process of a job inherits; its value is the job's name. */
const JOB_MARK = 'TRAINYARD_JOB';

/** The identity of a running process; `null` when it is gone (a zombie counts as gone). */
export function identify(pid: number): ProcessIdentity | null {
  const row = processRow(pid);
  return row === null ? null : { pid, started: row.started };
}

export function isAlive(process: ProcessIdentity): boolean {
  return processRow(process.pid)?.started === process.started;
}

/** Sends a signal to one process, never to one that merely has its pid. False when it is gone. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  return isAlive(target) && send(target.pid, signal);
}

/**
 * Sends a signal to the process group `leader` was started with (`spawn` with `detached: true`), also when the
 * leader itself has ended. A pid is not given out again while its group has members, so a foreign process under
 * that pid means that the group is gone.
 */
export function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals): boolean {
  return ownsGroup(leader) && send(-leader.pid, signal);
}

/** True while any process of the leader's group runs. */
export function isGroupAlive(leader: ProcessIdentity): boolean {
  if (!ownsGroup(leader) || !send(-leader.pid, 0)) return false;
  // Signal 0 also finds zombies that nobody reaps, as in a container whose first process does not wait for them.
  return isAlive(leader) || processTable().some((row) => row.group === leader.pid);
}

/**
 * Ends process groups: TERM, up to `graceSeconds`, KILL. Resolves when none of their processes runs.
 * Gives up 5 s after KILL, which only uninterruptible I/O outlasts; the answer is then false.
 */
export async function endGroups(leaders: readonly ProcessIdentity[], graceSeconds: number): Promise<boolean> {
  for (const leader of leaders) signalGroup(leader, 'SIGTERM');
  if (await groupsGone(leaders, graceSeconds * 1000)) return true;
  for (const leader of leaders) signalGroup(leader, 'SIGKILL');
  return groupsGone(leaders, 5000);
}

/** Ends single processes the same way as `endGroups`. */
export async function endProcesses(targets: readonly ProcessIdentity[], graceSeconds: number): Promise<boolean> {
  for (const target of targets) signalProcess(target, 'SIGTERM');
  const gone = (): boolean => !targets.some(isAlive);
  if (await waitUntil(gone, graceSeconds * 1000)) return true;
  for (const target of targets) signalProcess(target, 'SIGKILL');
  return waitUntil(gone, 5000);
}

/** Ends the processes of a job that left their group but still carry its mark in their environment. */
export async function endStrays(job: string, graceSeconds: number): Promise<boolean> {
  const strays = markedProcesses(JOB_MARK, job)
    .map(identify)
    .filter((found) => found !== null);
  return strays.length === 0 || endProcesses(strays, graceSeconds);
}

/** Asks `check` until it holds, at first every 5 ms and then every 50; false after `timeoutMs`. */
export async function waitUntil(check: () => boolean, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (let pause = 5; !check(); pause = Math.min(pause * 1.5, 50)) {
    if (performance.now() >= end) return false;
    await delay(pause);
  }
  return true;
}

function groupsGone(leaders: readonly ProcessIdentity[], timeoutMs: number): Promise<boolean> {
  return waitUntil(() => !leaders.some(isGroupAlive), timeoutMs);
}

function ownsGroup(leader: ProcessIdentity): boolean {
  const now = processRow(leader.pid);
  return now === null || now.started === leader.started;
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
