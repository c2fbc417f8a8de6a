import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessJobState, SubmittedProcessJob } from '../../domain/process-job.ts';
import { createFile, readJson, replaceFile } from '../shared/json-files.ts';
import type { ProcessIdentity } from './process.ts';

/** The files of one job, in `runs/<run>/jobs/<job>/`. */
export const JOB_FILES = {
  /** `SubmittedProcessJob`; written once. */
  request: 'request.json',
  /** Who may start the job's processes; whoever makes this file. */
  claim: 'claim.json',
  /** `ProcessJobState`; replaced with every change. */
  state: 'state.json',
  /** Made when the state is final: what watchers look for. */
  done: 'done',
  cancel: 'cancel.json',
  waiter: 'waiter.json',
  supervisorLog: 'supervisor.log',
} as const;

/** Names nobody's process: a job that was cancelled before any supervisor took it. */
export interface Claim {
  readonly supervisor: ProcessIdentity | null;
}

export interface CancelRequest {
  readonly graceSeconds: number;
}

// The four below are files that only Trainyard writes, each in one shape; a missing one is null.

export function readSubmitted(dir: string): SubmittedProcessJob | null {
  return readJson(join(dir, JOB_FILES.request)) as SubmittedProcessJob | null;
}

export function readState(dir: string): ProcessJobState | null {
  return readJson(join(dir, JOB_FILES.state)) as ProcessJobState | null;
}

export function readClaim(dir: string): Claim | null {
  return readJson(join(dir, JOB_FILES.claim)) as Claim | null;
}

export function readCancel(dir: string): CancelRequest | null {
  return readJson(join(dir, JOB_FILES.cancel)) as CancelRequest | null;
}

/** Takes the right to start the job. Exactly one caller ever gets it. */
export function takeClaim(dir: string, supervisor: ProcessIdentity | null): boolean {
  const claim: Claim = { supervisor };
  return createFile(join(dir, JOB_FILES.claim), JSON.stringify(claim));
}

/** Writes the state and, when it is final, tells the watchers. */
export function writeState(dir: string, state: ProcessJobState): void {
  replaceFile(join(dir, JOB_FILES.state), JSON.stringify(state));
  if (state.outcome !== null) writeFileSync(join(dir, JOB_FILES.done), '');
}
