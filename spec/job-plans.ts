import type { JobDeadlines, JobPlan, ProcessStep, ResourcePlan, RolePlan } from '../domain/job.ts';
import { toArgv } from '../recipes/arguments.ts';
import type { ScriptArguments } from '../recipes/fields.ts';
import type { TrainingCommand } from '../recipes/recipe.ts';
import { isBuilt, trainingCommand } from '../recipes/registry.ts';
import { packageKind } from './packaging.ts';
import type { TrainingSpec } from './schema.ts';

/** Open files a replica may have: data loaders with many workers need more than the usual 1024. */
const OPEN_FILES = 16_384;

/** The training job of a spec: no paths, no names. Throws if the recipe is not built; parsing has refused those. */
export function trainJob(spec: TrainingSpec): JobPlan {
  const { launcher, step } = training(spec);
  const { compute } = spec;
  const worker: RolePlan = {
    name: 'worker',
    replicas: compute.replicas,
    procsPerReplica: typeof compute.procsPerReplica === 'number' ? compute.procsPerReplica : 1,
    launcher,
    steps: [step],
    env: plainEnvironment(compute.env),
  };
  return job(spec, 'train', worker, resources(compute.cpu, compute.memory), compute.rendezvousPort ?? null);
}

/** The packaging job: export, layout, evaluation. One replica, one process. `null` when nothing is packaged. */
export function packageJob(spec: TrainingSpec): JobPlan | null {
  if (packageKind(spec) === 'none' || !spec.package) return null;
  const own = spec.package.compute;
  const steps: ProcessStep[] = [
    scriptStep('package', spec.package),
    { name: 'layout', argv: ['python3', '{assets}/serving/torchscript_layout.py'], cwd: 'code' },
    ...(spec.evaluate ? [scriptStep('evaluate', spec.evaluate)] : []),
  ];
  const role: RolePlan = {
    name: 'package',
    replicas: 1,
    procsPerReplica: 1,
    launcher: 'plain',
    steps,
    env: plainEnvironment(own?.env ?? spec.compute.env),
  };
  const { cpu, memory } = own ?? spec.compute;
  return job(spec, 'package', role, resources(cpu, memory), null);
}

/** Files that must be in the code before anything is spent, each once. */
export function requiredFiles(spec: TrainingSpec): string[] {
  const scripts = [spec.package?.script, spec.evaluate?.script].filter((file) => file !== undefined);
  return [...new Set([...training(spec).requiredFiles, ...scripts])];
}

function training(spec: TrainingSpec): TrainingCommand {
  if (isBuilt(spec.recipe)) return trainingCommand(spec.recipe);
  throw new TypeError(`the recipe ${spec.recipe.kind} is not built`);
}

function job(
  spec: TrainingSpec,
  purpose: JobPlan['purpose'],
  role: RolePlan,
  bounds: ResourcePlan,
  rendezvousPort: number | null,
): JobPlan {
  const deadlines: JobDeadlines = {
    startingSeconds: spec.limits.starting,
    silentSeconds: spec.limits.silent ?? null,
  };
  const graceSeconds = spec.limits.grace;
  return { purpose, roles: [role], resources: bounds, graceSeconds, deadlines, rendezvousPort };
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

type Environment = TrainingSpec['compute']['env'];

/** References to secrets are refused while parsing, so only text is left. */
function plainEnvironment(env: Environment): Record<string, string> {
  const text = Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(text);
}
