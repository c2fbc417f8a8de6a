import { CompleteAsyncError, Context } from '@temporalio/activity';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CancelRef, JobRef, SubmitRef, SubmittedJob } from '../domain/activities.ts';
import { artifactPath } from '../domain/artifact.ts';
import { TrainyardError } from '../domain/errors.ts';
import type { JobDirectories, JobPlan, JobPurpose, JobVerdict } from '../domain/job.ts';
import { awaitId, jobName } from '../domain/names.ts';
import type { Plan } from '../domain/plan.ts';
import type { RunRecord } from '../domain/record.ts';
import { crashPoint } from '../ports/crash-point.ts';
import type { Waiter } from '../ports/jobs.ts';
import { beginAttempt, costOf, resuming, withCost } from './attempts.ts';
import type { ActivityDeps } from './deps.ts';
import { keepDecision } from './gate-evidence.ts';
import { needRecord } from './records.ts';
import { replicaSources } from './replica-sources.ts';
import { settleJob } from './settle-job.ts';
import type { StepScope } from './step.ts';

/** Creates the job, or finds the one an earlier try of this step made. */
export async function submitJob(deps: ActivityDeps, _scope: StepScope, job: SubmitRef): Promise<SubmittedJob> {
  const record = await needRecord(deps.workspace, job.runId);
  const name = jobName(record.plan.jobPrefix, job.purpose, job.attempt);
  const { resumedFrom } = await beginAttempt(deps, record, job, name);
  await keepDecision(deps, record, job.gate);
  const directories = jobDirectories(deps, record, name);
  const plan = planOf(record.plan, job.purpose);
  // A folder is emptied only while no job of this name writes to it.
  if (job.purpose === 'package' && (await deps.jobs.read(name)) === null) {
    await deps.workspace.clear(job.runId, 'package');
  }
  await mkdir(dirname(directories.modelFile), { recursive: true });
  await mkdir(directories.logs, { recursive: true });
  const { handover } = deps;
  const { purpose } = job;
  const sources = handover && (await replicaSources(deps, handover, record, { name, purpose }));
  await deps.jobs.submit({
    name,
    runId: job.runId,
    attempt: job.attempt,
    plan: resumedFrom === null ? plan : resuming(plan),
    directories:
      resumedFrom === null ? directories : { ...directories, checkpoint: join(directories.output, resumedFrom) },
    ...(sources === undefined ? {} : { sources }),
  });
  // A worker that dies just before the next step says whom to tell would be missed when that step's time is up.
  await deps.jobs.expect(name, { ...waiterOf(awaitId(job.purpose, job.attempt)), ahead: true });
  return { resumedFrom };
}

/** Reads the job; ended: its verdict. Otherwise leaves a note for the watcher and frees the worker. */
export async function awaitJob(deps: ActivityDeps, _scope: StepScope, job: JobRef): Promise<JobVerdict> {
  const { plan } = await needRecord(deps.workspace, job.runId);
  const name = jobName(plan.jobPrefix, job.purpose, job.attempt);
  crashPoint('job.before-awaiting');
  await deps.jobs.expect(name, waiterOf(Context.current().info.activityId));
  crashPoint('job.awaiting');
  const status = await deps.jobs.read(name);
  const verdict = status === null ? await lost(deps, job, name) : await settleJob(deps, status);
  if (verdict !== null) return verdict;
  throw new CompleteAsyncError();
}

/** An activity of the workflow that this step belongs to. */
function waiterOf(activityId: string): Waiter {
  const { workflowExecution } = Context.current().info;
  if (workflowExecution === undefined) throw new Error('jobs are only for workflows');
  const { workflowId, runId } = workflowExecution;
  return { workflowId, runId, activityId };
}

/** Ends the jobs of a run; answers those that could not be ended. */
export async function cancelJobs(deps: ActivityDeps, _scope: StepScope, cancel: CancelRef): Promise<readonly string[]> {
  const left = await Promise.all(
    cancel.jobs.map(async (name) => {
      try {
        await deps.jobs.cancel(name, cancel.graceSeconds);
        return null;
      } catch (error) {
        return `job ${name}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }),
  );
  return left.filter((item) => item !== null);
}

/** Where a job's processes find their directories. */
export function jobDirectories(deps: ActivityDeps, record: RunRecord, name: string): JobDirectories {
  if (record.checkouts === null) {
    throw new TrainyardError('TY_INTERNAL', 'a job was submitted before its sources were fetched', {
      where: `run ${record.runId}`,
    });
  }
  const paths = deps.workspace.paths(record.runId);
  return {
    ...record.checkouts,
    output: paths.output,
    package: paths.package,
    modelFile: join(paths.package, artifactPath(record.plan)),
    metricsFile: paths.metrics,
    logs: join(paths.logs, name),
    assets: deps.assets,
  };
}

function planOf(plan: Plan, purpose: JobPurpose): JobPlan {
  const found = purpose === 'train' ? plan.train : plan.package;
  if (found !== null) return found;
  throw new TrainyardError('TY_INTERNAL', 'the plan has no packaging job', { where: `run ${plan.runId}` });
}

async function lost(deps: ActivityDeps, job: JobRef, name: string): Promise<JobVerdict> {
  const verdict: JobVerdict = {
    job: name,
    phase: 'failed',
    startedAt: null,
    finishedAt: null,
    stepSeconds: {},
    metrics: null,
    cause: {
      kind: 'lost',
      code: 'TY_JOB_LOST',
      budget: 'infrastructure',
      message: `job ${name} is gone and left no result`,
      step: null,
      role: null,
      rank: null,
      exitCode: null,
      signal: null,
      lastLines: [],
    },
  };
  return withCost(verdict, await costOf(deps, job, verdict));
}
