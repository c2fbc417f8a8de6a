import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactPath } from '../domain/artifact.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { FailureCause, FailureKind, JobStatus, JobVerdict, StepName } from '../domain/job.ts';
import { toVerdict } from '../domain/job.ts';
import { parseMetrics } from '../domain/metrics.ts';
import type { Plan } from '../domain/plan.ts';
import type { RunPaths } from '../ports/workspace.ts';
import { costOf, withCost } from './attempts.ts';
import type { EvidenceDeps } from './gate-evidence.ts';
import { offerBehind } from './gate-evidence.ts';
import { needRecord } from './records.ts';

/**
 * The verdict of a job that has ended, `null` while it goes on. A job whose processes ended well but left
 * nothing behind has failed: nothing is reported done that was not seen.
 */
export async function settleJob(deps: EvidenceDeps, status: JobStatus): Promise<JobVerdict | null> {
  const verdict = await judgeJob(deps, status);
  if (verdict?.phase !== 'succeeded') return verdict;
  const record = await needRecord(deps.workspace, status.runId);
  return { ...verdict, ...(await offerBehind(deps, record, status.purpose)) };
}

async function judgeJob(deps: EvidenceDeps, status: JobStatus): Promise<JobVerdict | null> {
  const verdict = toVerdict(status);
  if (verdict === null) return null;
  const settled = await lookBehind(deps, status, verdict);
  return withCost(settled, await costOf(deps, status, settled));
}

async function lookBehind(deps: EvidenceDeps, status: JobStatus, verdict: JobVerdict): Promise<JobVerdict> {
  if (verdict.phase === 'cancelled') return verdict;
  if (verdict.phase === 'failed' && verdict.cause?.step !== 'layout') return verdict;
  const { plan, warmStart } = await needRecord(deps.workspace, status.runId);
  const paths = deps.workspace.paths(status.runId);
  const { runId, name, purpose } = status;
  if (verdict.phase === 'succeeded') await deps.handover?.bring({ runId, name, purpose }, paths);
  if (verdict.cause !== null)
    return await settleLayout(verdict, verdict.cause, join(paths.package, artifactPath(plan)));
  if (status.purpose === 'train') {
    if (await leftSomething(paths.output, warmStart?.path)) return verdict;
    return failed(verdict, 'no-output', 'TY_TRAIN_NO_OUTPUT', 'train', 'the output folder is empty');
  }
  return await settlePackage(verdict, plan, paths);
}

/** Whether anything is in the output folder but what training was begun with. */
async function leftSomething(output: string, begunWith: string | undefined): Promise<boolean> {
  // A trainer may have removed the folder itself.
  const left = await readdir(output, { recursive: begunWith !== undefined }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  if (begunWith === undefined) return left.length > 0;
  return left.some((path) => !begunWith.startsWith(`${path}/`) && !`${path}/`.startsWith(`${begunWith}/`));
}

/** Trainyard's own step failed: an exit code would say nothing of what is wrong with the artifact. */
async function settleLayout(verdict: JobVerdict, cause: FailureCause, artifact: string): Promise<JobVerdict> {
  if (cause.kind !== 'exit-code') return verdict;
  const said = cause.lastLines.findLast((line) => line.startsWith('layout: '));
  const message = said?.slice('layout: '.length) ?? cause.message;
  const there = await stat(artifact).catch(() => null);
  if (there === null)
    return { ...verdict, cause: { ...cause, kind: 'no-artifact', code: 'TY_PACKAGE_NO_ARTIFACT', message } };
  return { ...verdict, cause: { ...cause, code: 'TY_PACKAGE_INVALID', message } };
}

async function settlePackage(verdict: JobVerdict, plan: Plan, paths: RunPaths): Promise<JobVerdict> {
  const artifact = join(paths.package, artifactPath(plan));
  const info = await stat(artifact).catch(() => null);
  if (info === null || info.size === 0) {
    const message = `there is no ${artifactPath(plan)} in the package`;
    return failed(verdict, 'no-artifact', 'TY_PACKAGE_NO_ARTIFACT', 'package', message);
  }
  const evaluated = plan.package?.roles.some((role) => role.steps.some((one) => one.name === 'evaluate'));
  if (evaluated !== true) return verdict;
  const text = await readFile(join(paths.package, 'metrics.json'), 'utf8').catch(() => null);
  const metrics = text === null ? null : parseMetrics(text);
  if (metrics !== null) return { ...verdict, metrics };
  const message = text === null ? 'there is no metrics.json' : 'metrics.json is not a flat object of numbers';
  return failed(verdict, 'no-metrics', 'TY_EVALUATE_NO_METRICS', 'evaluate', message);
}

function failed(verdict: JobVerdict, kind: FailureKind, code: ErrorCode, step: StepName, message: string): JobVerdict {
  const cause: FailureCause = {
    kind,
    code,
    budget: 'code',
    message,
    step,
    role: null,
    rank: null,
    exitCode: 0,
    signal: null,
    lastLines: [],
  };
  return { ...verdict, phase: 'failed', cause };
}
