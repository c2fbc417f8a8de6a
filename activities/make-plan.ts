import { createHash } from 'node:crypto';
import { TrainyardError } from '../domain/errors.ts';
import { checkBranch } from '../domain/git-ref.ts';
import type { GatePlan } from '../domain/gates/gate.ts';
import { jobPrefix } from '../domain/names.ts';
import { planStages } from '../domain/plan-stages.ts';
import type { OutputPlan, Plan, PlanSummary, ServePlan, SlotPlan, SourcePin } from '../domain/plan.ts';
import { expandBranch } from '../spec/branch.ts';
import { canonicalJson } from '../spec/canonical-json.ts';
import { packageJob, recipeName, requiredFiles, trainJob } from '../spec/job-plans.ts';
import { remoteOf } from '../spec/remotes.ts';
import type { SpecSite } from '../spec/site-settings.ts';
import type { TrainingSpec } from '../spec/training-spec.ts';

/** What goes to LFS in the pushed tree: the usual names of weights. */
export const LFS_PATTERNS: readonly string[] = [
  '*.torchscript',
  '*.pt',
  '*.pth',
  '*.bin',
  '*.safetensors',
  '*.onnx',
  '*.pdparams',
];

export interface MakePlanInput {
  readonly spec: TrainingSpec;
  readonly runId: string;
  /** sha256 of the run id. */
  readonly runDigest: Uint8Array;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly pins: {
    readonly model: SourcePin | null;
    readonly code: SourcePin | null;
    readonly dataset: SourcePin | null;
  };
  readonly site: SpecSite;
  readonly taskQueue: string;
  /** `Name <mail>`. */
  readonly author: string;
  /** In the order of their stages. */
  readonly gates: readonly GatePlan[];
  readonly requester: string | null;
  /** `null` = its project lets all runs go on. */
  readonly slot: SlotPlan | null;
}

/** A plan whose sources are still to be pinned: all that can be checked while that goes on. */
export type UnpinnedPlan = Omit<Plan, keyof MakePlanInput['pins']>;

/** What `resolve` makes of a spec and its pinned sources. Pure. Throws `TY_SPEC_REF` for a branch that is none. */
export function makePlan(input: MakePlanInput): Plan {
  return { ...planUnpinned(input), ...input.pins };
}

/** The same without the sources. */
export function planUnpinned(input: Omit<MakePlanInput, 'pins'>): UnpinnedPlan {
  const { spec, runId, site } = input;
  return {
    runId,
    name: spec.name,
    displayName: spec.displayName ?? null,
    project: spec.project,
    recipe: recipeName(spec),
    backend: spec.backend.kind,
    site: site.name,
    taskQueue: input.taskQueue,
    startedAt: input.startedAt,
    jobPrefix: jobPrefix(spec.name, input.runDigest),
    output: outputPlan(input),
    requiredFiles: requiredFiles(spec),
    train: trainJob(spec, site.settings),
    package: packageJob(spec, site.settings),
    serve: servePlan(spec),
    lfsPatterns: LFS_PATTERNS,
    author: input.author,
    limits: {
      totalSeconds: spec.limits.total,
      parkedSeconds: spec.limits.parked,
      keepFailedSeconds: spec.limits.keepFailed,
    },
    retries: spec.retries,
    onFailure: spec.onFailure,
    ...(input.slot === null ? {} : { slot: input.slot }),
    ...(input.gates.length === 0 ? {} : { gates: input.gates }),
    ...(input.requester === null ? {} : { requester: input.requester }),
    specDigest: createHash('sha256').update(canonicalJson(spec)).digest('hex'),
  };
}

/** The part of a plan that the workflow keeps. */
export function summarize(plan: Plan): PlanSummary {
  return {
    runId: plan.runId,
    name: plan.name,
    displayName: plan.displayName,
    project: plan.project,
    backend: plan.backend,
    site: plan.site,
    taskQueue: plan.taskQueue,
    jobPrefix: plan.jobPrefix,
    stages: planStages(plan),
    output: plan.output === null ? null : { url: plan.output.url, branch: plan.output.branch },
    modelRepo: sourceUrl(plan.model) ?? '',
    datasetRepo: sourceUrl(plan.dataset),
    limits: plan.limits,
    retries: plan.retries,
    onFailure: plan.onFailure,
    graceSeconds: plan.train.graceSeconds,
    ...(plan.slot === undefined ? {} : { slot: plan.slot }),
    ...(plan.gates === undefined ? {} : { gates: plan.gates }),
    ...(plan.requester === undefined ? {} : { requester: plan.requester }),
    ...(plan.inherited === undefined ? {} : { inherited: plan.inherited }),
  };
}

function sourceUrl(pin: SourcePin | null): string | null {
  return pin?.kind === 'git' ? pin.url : null;
}

function outputPlan({ spec, runId, startedAt }: Omit<MakePlanInput, 'pins'>): OutputPlan | null {
  const remote = remoteOf(spec, 'output');
  if (remote === null || !spec.output) return null;
  const branch = expandBranch(spec.output.branch, { name: spec.name, runId, startedAt });
  const fault = checkBranch(branch);
  if (fault === null) return { ...remote, branch };
  throw new TrainyardError('TY_SPEC_REF', `the output branch "${branch}" ${fault}`, {
    where: 'output.branch',
    why: fault,
  });
}

function servePlan(spec: TrainingSpec): ServePlan | null {
  if (spec.serve?.kind !== 'local') return null;
  return {
    kind: 'local',
    service: spec.serve.service ?? spec.name,
    model: spec.name,
    port: spec.serve.port ?? null,
    readySeconds: spec.serve.readyTimeout,
  };
}
