import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRef } from '../domain/activities.ts';
import { TrainyardError } from '../domain/errors.ts';
import { gateView, openGate } from '../domain/gates/decide.ts';
import { evaluate } from '../domain/gates/evaluate.ts';
import { parseExpression } from '../domain/gates/expression.ts';
import type { GateEvidence, GateOffer, GatePlan, GatedStage, GateView } from '../domain/gates/gate.ts';
import { gateBehind } from '../domain/gates/next-gate.ts';
import { gateParams } from '../domain/gates/params.ts';
import { parseMetrics } from '../domain/metrics.ts';
import { gateDecidedNotice, gateReminderNotices, gateWaitingNotice } from '../domain/notices/make.ts';
import type { Plan, SourcePin } from '../domain/plan.ts';
import { planStages } from '../domain/plan-stages.ts';
import type { RunRecord } from '../domain/record.ts';
import type { Stage } from '../domain/stage.ts';
import { canonicalJson } from '../spec/canonical-json.ts';
import { describeArtifact } from './artifact.ts';
import type { ActivityDeps } from './deps.ts';
import { readMetrics } from './read-metrics.ts';
import { amendRecord, needRecord } from './records.ts';
import type { StepScope } from './step.ts';

/** What evidence is made of: the files of the run, and what its service serves. */
export type EvidenceDeps = Pick<ActivityDeps, 'workspace' | 'serving' | 'handover'>;

/** What the gate before a stage is offered, where no step before it could say. */
export async function offerGate(
  deps: EvidenceDeps,
  _scope: StepScope,
  { runId, stage }: RunRef & { readonly stage: GatedStage },
): Promise<GateOffer> {
  const record = await needRecord(deps.workspace, runId);
  const gate = record.plan.gates?.find((one) => one.stage === stage);
  if (gate !== undefined) return await offer(deps, record, gate);
  throw new TrainyardError('TY_INTERNAL', `the plan has no gate before ${stage}`, { where: `run ${runId}` });
}

/**
 * What the gate right behind a stage is offered, as a part of that stage's answer: it costs the history nothing.
 * Nothing where there is no gate.
 */
export async function offerBehind(
  deps: EvidenceDeps,
  record: RunRecord,
  stage: Stage,
): Promise<{ readonly offer?: GateOffer }> {
  const { plan } = record;
  const gate = gateBehind(planStages(plan), plan.gates, stage);
  return gate === null ? {} : { offer: await offer(deps, record, gate) };
}

/** Keeps what was decided at a gate in the run's record, and announces it. Once, however often the step is tried. */
export async function keepDecision(deps: EvidenceDeps, record: RunRecord, gate: GateView | undefined): Promise<void> {
  if (gate === undefined) return;
  const { gates = [] } = await needRecord(deps.workspace, record.runId);
  const known = gates.some(
    (one) => one.stage === gate.stage && one.offer?.digest === gate.offer?.digest && one.decidedAt === gate.decidedAt,
  );
  if (!known) await amendRecord(deps.workspace, record, { gates: [...gates, gate] });
  await deps.workspace.announce(gateDecidedNotice(record.plan, gate));
}

async function offer(deps: EvidenceDeps, record: RunRecord, gate: GatePlan): Promise<GateOffer> {
  const evidence = await gather(deps, record, gate);
  const digest = createHash('sha256').update(canonicalJson(evidence)).digest('hex');
  const made: GateOffer = { evidence, digest, check: checkOf(gate, evidence) };
  await announceWaiting(deps, record.plan, gate, made);
  return made;
}

async function gather(deps: EvidenceDeps, record: RunRecord, gate: GatePlan): Promise<GateEvidence> {
  const { plan } = record;
  const paths = deps.workspace.paths(record.runId);
  const trained = gate.stage !== 'train';
  return {
    stage: gate.stage,
    commits: {
      ...pinned('model', plan.model),
      ...pinned('code', plan.code),
      ...pinned('dataset', plan.dataset),
      ...(gate.stage === 'register' && record.commit !== null ? { output: record.commit } : {}),
    },
    params: { ...gateParams(record.spec), ...targetOf(plan, gate.stage) },
    metrics: trained ? await readMetrics(plan, paths) : null,
    artifact: trained ? await describeArtifact(plan, paths) : null,
    baseline: await baselineOf(deps, plan, gate),
  };
}

function pinned(name: string, pin: SourcePin | null): Readonly<Record<string, string>> {
  if (pin === null) return {};
  return { [name]: pin.kind === 'git' ? pin.commit : `snapshot ${pin.digest}` };
}

/** Where the step behind the gate puts it: who approved one branch or service has not approved another. */
function targetOf({ output, serve }: Plan, stage: GatedStage): Readonly<Record<string, unknown>> {
  return {
    ...(stage === 'push' && output !== null ? { output: { repo: output.url, branch: output.branch } } : {}),
    ...(stage === 'register' && serve !== null ? { service: serve.service } : {}),
  };
}

async function baselineOf(deps: EvidenceDeps, plan: Plan, gate: GatePlan): Promise<GateEvidence['baseline']> {
  const { baseline } = gate;
  if (baseline === null) return null;
  if (baseline.kind === 'run') {
    const record = await deps.workspace.readRecord(baseline.run);
    const metrics = record?.metrics ?? record?.view?.metrics ?? null;
    return metrics === null ? null : { name: baseline.run, metrics };
  }
  const { serve } = plan;
  if (serve === null) return null;
  const served = (await deps.serving.list()).find(({ service }) => service === serve.service);
  if (served === undefined) return null;
  const published = join(deps.workspace.root, 'published', served.service, served.version, 'metrics.json');
  const text = await readFile(published, 'utf8').catch(() => null);
  const metrics = text === null ? null : parseMetrics(text);
  return metrics === null ? null : { name: `${served.service} ${served.version}`, metrics };
}

function checkOf({ metric }: GatePlan, { metrics, baseline }: GateEvidence): GateOffer['check'] {
  if (metric === null) return null;
  const parsed = parseExpression(metric);
  // Checked with the spec; a plan of another version may still hold what this one cannot read.
  if (!parsed.ok) return { holds: false, text: `${metric}: ${parsed.message}` };
  return evaluate(parsed.expression, { metrics, baseline: baseline?.metrics ?? null });
}

/** Told here, before the workflow waits: a run that waits for people does nothing that could tell them. */
async function announceWaiting(deps: EvidenceDeps, plan: Plan, gate: GatePlan, made: GateOffer): Promise<void> {
  const now = new Date().toISOString();
  const opened = openGate({ run: plan.runId, plan: gate, offer: made, requester: plan.requester ?? null }, now);
  if (opened.state !== 'waiting') return;
  const view = gateView(opened);
  await deps.workspace.announce(gateWaitingNotice(plan, view));
  if (gate.remindSeconds === null) return;
  for (const reminder of gateReminderNotices(plan, view, gate.remindSeconds)) await deps.workspace.announce(reminder);
}
