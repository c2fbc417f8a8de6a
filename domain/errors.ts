import type { ErrorEntry } from './error-entry.ts';
import { CLUSTER_ERRORS } from './errors/cluster.ts';
import { GATE_ERRORS } from './errors/gate.ts';
import { GIT_ERRORS } from './errors/git.ts';
import { HANDOVER_ERRORS } from './errors/handover.ts';
import { JOB_ERRORS } from './errors/job.ts';
import { NOTICE_ERRORS } from './errors/notice.ts';
import { REPAIR_ERRORS } from './errors/repair.ts';
import { SPEC_ERRORS } from './errors/spec.ts';
import { SYSTEM_ERRORS } from './errors/system.ts';

/** Every error Trainyard can report. A code, once released, is never reused for anything else. */
export const ERRORS = {
  ...SPEC_ERRORS,
  ...GIT_ERRORS,
  ...JOB_ERRORS,
  ...CLUSTER_ERRORS,
  ...HANDOVER_ERRORS,
  ...GATE_ERRORS,
  ...NOTICE_ERRORS,
  ...REPAIR_ERRORS,
  ...SYSTEM_ERRORS,
} as const;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}

/** The row of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return ERRORS[code];
}

/** The parts of an error besides its code: what, where, why, and the command that mends it. */
export interface ErrorDetails {
  /** Run, stage, repo, field or file: wherever the reader has to look. */
  readonly where?: string;
  /** The foreign system's own words, or the rule that was broken. */
  readonly why?: string;
  /** The exact command, when it is more exact than the table's. */
  readonly fix?: string;
  /** With `TY_DISK_FULL`: the bytes that were asked for, so that a check knows when there is room. */
  readonly needBytes?: number;
  /** More findings of the same kind, each with its path. */
  readonly issues?: readonly SpecIssue[];
}

/** One finding about a spec. */
export interface SpecIssue {
  /** Dotted path, for instance `compute.replicas`. Empty for the document itself. */
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** The message in Chinese, where there is one. */
  readonly zh?: string;
  /** The name that was probably meant. */
  readonly suggestion?: string;
}

/** The one error class. `message` says what happened. */
export class TrainyardError extends Error {
  override readonly name = 'TrainyardError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** An error as data: what a log, an API body or a workflow carries. */
export interface ErrorReport extends ErrorDetails {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Turns anything thrown into data; what is unknown becomes `TY_INTERNAL`. */
export function toReport(error: unknown): ErrorReport {
  if (error instanceof TrainyardError) {
    return { code: error.code, message: error.message, ...error.details };
  }
  return { code: 'TY_INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
