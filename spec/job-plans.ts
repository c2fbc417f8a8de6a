import type { JobDeadlines, JobPlan, ProcessStep, ResourcePlan, RolePlan } from '../domain/job.ts';
import { toArgv } from '../recipes/arguments.ts';
import type { ScriptArguments } from '../recipes/fields.ts';
import { clusterPlan } from './cluster-plan.ts';
import type { SiteDefaults } from './cluster-plan.ts';
import { packageKind } from './packaging.ts';
import { plainEnvironment, trainedBy, trainRoles } from './train-roles.ts';
import type { TrainingSpec } from './schema.ts';

export type { SiteDefaults } from './cluster-plan.ts';

/** Open files a replica may have: data loaders with many workers need more than the usual 1024. */
const OPEN_FILES = 16_384;

/**
 * The training job of a spec: no paths, no names.
 * @param site what the settings say of the site the spec runs on; `null` = nothing, or this machine
 * @throws TrainyardError `TY_SPEC_INVALID` for containers of which nobody says the image
 */
export function trainJob(spec: TrainingSpec, site: SiteDefaults | null = null): JobPlan {
  const { compute } = spec;
  const ownBounds = (spec.roles ?? []).length > 0;
  const bounds = ownBounds ? resources(null, null) : resources(compute.cpu, compute.memory);
  const plan = job(spec, 'train', trainRoles(spec), bounds, compute.rendezvousPort ?? null, site);
  const checkpoint = ownBounds ? undefined : trainedBy(spec)[0]?.checkpoint;
  return checkpoint === undefined ? plan : { ...plan, checkpoint };
}

/**
 * The packaging job: export, layout, evaluation. One replica, one process. `null` when nothing is packaged.
 * @param site as for `trainJob`
 * @throws TrainyardError as `trainJob`
 */
export function packageJob(spec: TrainingSpec, site: SiteDefaults | null = null): JobPlan | null {
  const role = packageRole(spec);
  if (role === null) return null;
  const { cpu, memory } = spec.package?.compute ?? spec.compute;
  return job(spec, 'package', [role], resources(cpu, memory), null, site);
}

/** The one role of the packaging job; `null` when nothing is packaged. */
export function packageRole(spec: TrainingSpec): RolePlan | null {
  if (packageKind(spec) === 'none' || !spec.package) return null;
  const steps: ProcessStep[] = [
    scriptStep('package', spec.package),
    { name: 'layout', argv: ['python3', '{assets}/serving/torchscript_layout.py'], cwd: 'code' },
    ...(spec.evaluate ? [scriptStep('evaluate', spec.evaluate)] : []),
  ];
  return {
    name: 'package',
    replicas: 1,
    procsPerReplica: 1,
    launcher: 'plain',
    steps,
    env: plainEnvironment(spec.package.compute?.env ?? spec.compute.env),
  };
}

/** Files that must be in the code before anything is spent, each once. None where the code is not fetched. */
export function requiredFiles(spec: TrainingSpec): string[] {
  const { configMap, hostPath, image } = spec.code ?? {};
  if (configMap !== undefined || hostPath !== undefined || image !== undefined) return [];
  const scripts = [spec.package?.script, spec.evaluate?.script].filter((file) => file !== undefined);
  return [...new Set([...trainedBy(spec).flatMap((command) => command.requiredFiles), ...scripts])];
}

/** What a run says that it was trained by. */
export function recipeName(spec: TrainingSpec): string {
  return spec.recipe?.kind ?? 'roles';
}

function job(
  spec: TrainingSpec,
  purpose: JobPlan['purpose'],
  roles: readonly RolePlan[],
  bounds: ResourcePlan,
  rendezvousPort: number | null,
  site: SiteDefaults | null,
): JobPlan {
  const cluster = clusterPlan(spec, purpose, site);
  const deadlines: JobDeadlines = {
    ...(cluster === null ? {} : { queuedSeconds: spec.limits.queued }),
    startingSeconds: spec.limits.starting,
    silentSeconds: spec.limits.silent ?? null,
  };
  const graceSeconds = spec.limits.grace;
  const plan: JobPlan = { purpose, roles, resources: bounds, graceSeconds, deadlines, rendezvousPort };
  return cluster === null ? plan : { ...plan, keepFailedSeconds: spec.limits.keepFailed, cluster };
}

function resources(cpu: number | null | undefined, memory: number | null | undefined): ResourcePlan {
  return { cpu: cpu ?? null, memoryBytes: memory ?? null, openFiles: OPEN_FILES };
}

interface Scripted {
  readonly script?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly args: ScriptArguments;
}

function scriptStep(name: ProcessStep['name'], { script, command, args }: Scripted): ProcessStep {
  const program = command ?? ['python3', script ?? ''];
  return { name, argv: [...program, ...toArgv(args)], cwd: 'code' };
}
