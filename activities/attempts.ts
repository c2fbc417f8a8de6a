import type { SubmitRef } from '../domain/activities.ts';
import { mergeAttempts, newAttempt } from '../domain/attempt.ts';
import type { AttemptRecord } from '../domain/attempt.ts';
import type { CheckpointPlan } from '../domain/checkpoint.ts';
import type { JobPlan, JobPurpose, JobVerdict } from '../domain/job.ts';
import { acceleratorsOf, attemptCost } from '../domain/lost-time.ts';
import type { AttemptCost } from '../domain/lost-time.ts';
import type { RunRecord } from '../domain/record.ts';
import { crashPoint } from '../ports/crash-point.ts';
import { hasCheckpoint, newestCheckpoint } from './checkpoint-files.ts';
import type { ActivityDeps } from './deps.ts';
import { amendRecord } from './records.ts';
import { placeWarmStart } from './warm-start.ts';

type Deps = Pick<ActivityDeps, 'workspace'>;

/**
 * Writes down how the attempt before ended and what this one goes on from. Decided once: a second try of the same
 * submit finds what the first one decided, because the job it made may run with it already.
 */
export async function beginAttempt(deps: Deps, record: RunRecord, ref: SubmitRef, job: string): Promise<AttemptRecord> {
  const kept = record.attempts ?? [];
  const found = kept.find((one) => one.job === job);
  if (found !== undefined) return found;
  const before = mergeAttempts(kept, ref.previous === undefined ? [] : [ref.previous]);
  // Its spec may have been changed since the sources were fetched.
  const begun = ref.purpose === 'train' ? await placeWarmStart(deps, record) : record;
  const start = await decide(deps, begun, before, ref.purpose);
  const attempt = { ...newAttempt({ job, purpose: ref.purpose, attempt: ref.attempt }, start.resumedFrom), ...start };
  await amendRecord(deps.workspace, record, { attempts: [...before, attempt] });
  crashPoint('job.decided');
  return attempt;
}

type Start = Pick<AttemptRecord, 'resumedFrom' | 'ignoreUpTo'>;

/** The first attempt goes on from nothing but a warm start; later ones from the newest checkpoint there is. */
async function decide(
  deps: Deps,
  record: RunRecord,
  before: readonly AttemptRecord[],
  purpose: JobPurpose,
): Promise<Start> {
  const { checkpoint } = record.plan.train;
  if (purpose !== 'train' || checkpoint === undefined) return { resumedFrom: null };
  const { output } = deps.workspace.paths(record.runId);
  const last = before.findLast((one) => one.purpose === 'train');
  if (last === undefined) return { resumedFrom: await begunWith(output, record) };
  const newest = await newestCheckpoint(output, checkpoint.path);
  if (beginsAnew(checkpoint, last.cause)) {
    const ignoreUpTo = newest?.at ?? last.ignoreUpTo;
    return { resumedFrom: await begunWith(output, record), ...(ignoreUpTo === undefined ? {} : { ignoreUpTo }) };
  }
  const { ignoreUpTo } = last;
  if (ignoreUpTo === undefined) return { resumedFrom: newest?.path ?? null };
  const isNew = newest !== null && Date.parse(newest.at) > Date.parse(ignoreUpTo);
  return { resumedFrom: isNew ? newest.path : await begunWith(output, record), ignoreUpTo };
}

async function begunWith(output: string, { warmStart, plan }: RunRecord): Promise<string | null> {
  // A run that was changed to begin with nothing keeps the copy, and leaves it alone.
  if (warmStart === undefined || warmStart.runId !== plan.train.checkpoint?.from) return null;
  return (await hasCheckpoint(output, warmStart.path)) ? warmStart.path : null;
}

function beginsAnew(checkpoint: CheckpointPlan, cause: Pick<NonNullable<AttemptRecord['cause']>, 'budget'> | null) {
  return cause?.budget === 'code' && checkpoint.onCodeFailure === 'restart';
}

/** A job's plan with what makes its training go on from a checkpoint. */
export function resuming(plan: JobPlan): JobPlan {
  const resume = plan.checkpoint?.resume ?? [];
  return {
    ...plan,
    roles: plan.roles.map((role) => ({
      ...role,
      steps: role.steps.map((step) => (step.name === 'train' ? { ...step, argv: [...step.argv, ...resume] } : step)),
    })),
  };
}

/** A verdict with what the job cost, where that is known. */
export function withCost(verdict: JobVerdict, cost: AttemptCost | undefined): JobVerdict {
  return cost === undefined ? verdict : { ...verdict, cost };
}

/** What a job that has ended took and lost; `undefined` where its record is gone. */
export async function costOf(
  deps: Deps,
  run: { readonly runId: string; readonly purpose: JobPurpose },
  verdict: Pick<JobVerdict, 'phase' | 'startedAt' | 'finishedAt' | 'cause'>,
): Promise<AttemptCost | undefined> {
  const record = await deps.workspace.readRecord(run.runId).catch(() => null);
  const plan = run.purpose === 'train' ? record?.plan.train : record?.plan.package;
  if (plan === undefined || plan === null) return undefined;
  const { checkpoint } = plan;
  const { phase, startedAt, finishedAt, cause } = verdict;
  const { output } = deps.workspace.paths(run.runId);
  const goesOn = checkpoint !== undefined && phase === 'failed' && !beginsAnew(checkpoint, cause);
  const newest = goesOn ? await newestCheckpoint(output, checkpoint.path) : null;
  return attemptCost({
    phase,
    startedAt,
    finishedAt,
    checkpointAt: newest?.at ?? null,
    accelerators: acceleratorsOf(plan),
  });
}
