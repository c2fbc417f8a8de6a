import type { FailureKind, JobPurpose, JobVerdict, RetryBudget } from './job.ts';
import type { AttemptCost } from './lost-time.ts';

/** One submission of a job, as people see it. Times are RFC 3339. */
export interface AttemptView extends AttemptCost {
  readonly job: string;
  readonly purpose: JobPurpose;
  /** From 1. */
  readonly attempt: number;
  /** `running`: it was submitted, and its end is not known. */
  readonly phase: 'running' | 'succeeded' | 'failed' | 'cancelled';
  /** Why it failed, and which budget pays for the next one. */
  readonly cause: { readonly kind: FailureKind; readonly budget: RetryBudget; readonly message: string } | null;
  /** When its first process started, not when it was submitted. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** The checkpoint it began with, relative to the output folder. */
  readonly resumedFrom: string | null;
  /** Failed, and tried again: when the next attempt begins. */
  readonly nextAt: string | null;
}

/** An attempt in the record. */
export interface AttemptRecord extends AttemptView {
  /** Checkpoints up to this time are left alone: the attempt began anew on purpose. RFC 3339; left out, none are. */
  readonly ignoreUpTo?: string;
}

/** Attempts that a view shows; the record has all of them. */
export const SHOWN_ATTEMPTS = 20;

const MESSAGE_CHARACTERS = 300;

export function newAttempt(
  job: Pick<AttemptView, 'job' | 'purpose' | 'attempt'>,
  resumedFrom: string | null,
): AttemptView {
  return {
    ...job,
    phase: 'running',
    cause: null,
    startedAt: null,
    finishedAt: null,
    resumedFrom,
    nextAt: null,
    acceleratorSeconds: 0,
    lostSeconds: 0,
    lostAcceleratorSeconds: 0,
  };
}

/** The attempts when one more was submitted; again, when its submission was only tried again. */
export function withAttempt(attempts: readonly AttemptView[], next: AttemptView): readonly AttemptView[] {
  return [...attempts.filter(({ job }) => job !== next.job), next].slice(-SHOWN_ATTEMPTS);
}

/** The attempts when a job has ended. */
export function withVerdict(attempts: readonly AttemptView[], verdict: JobVerdict): readonly AttemptView[] {
  return attempts.map((one) => (one.job === verdict.job ? endedAttempt(one, verdict) : one));
}

/** The attempts when it is known when the next one begins. */
export function withRetry(attempts: readonly AttemptView[], job: string, at: string): readonly AttemptView[] {
  return attempts.map((one) => (one.job === job ? { ...one, nextAt: at } : one));
}

/** The attempts of a run that has ended: it has left no job. */
export function endAttempts(attempts: readonly AttemptView[], at: string): readonly AttemptView[] {
  return attempts.map((one) => (one.phase === 'running' ? { ...one, phase: 'cancelled', finishedAt: at } : one));
}

/** The record's attempts brought up to what a view knows of them. */
export function mergeAttempts(kept: readonly AttemptRecord[], seen: readonly AttemptView[]): readonly AttemptRecord[] {
  const known = new Map(kept.map((one) => [one.job, one]));
  for (const one of seen) known.set(one.job, { ...known.get(one.job), ...one });
  return [...known.values()];
}

/** An attempt when its job has ended. */
export function endedAttempt(
  attempt: AttemptView,
  { phase, startedAt, finishedAt, cause, cost }: JobVerdict,
): AttemptView {
  return {
    ...attempt,
    ...cost,
    phase,
    startedAt,
    finishedAt,
    cause: cause === null ? null : { kind: cause.kind, budget: cause.budget, message: short(cause.message) },
  };
}

function short(message: string): string {
  return message.length <= MESSAGE_CHARACTERS ? message : `${message.slice(0, MESSAGE_CHARACTERS - 1)}…`;
}
