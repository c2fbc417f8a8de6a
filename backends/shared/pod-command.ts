import { fillIn } from '../../domain/fill-in.ts';
import type { JobDirectories, JobRequest, ProcessStep, RolePlan } from '../../domain/job.ts';
import type { PodPlan } from '../../domain/pod-plan.ts';
import type { JobNetwork } from './network.ts';

/** Where a pod sees what. `/model` is where training leaves the model; the model repo it starts from is `/base-model`. */
export const POD_PATHS = {
  code: '/code',
  baseModel: '/base-model',
  dataset: '/dataset',
  output: '/model',
  package: '/package',
  assets: '/trainyard',
  metrics: '/metrics/metrics.jsonl',
  scratch: '/scratch',
} as const;

/** The directories of a job as its pods see them. */
export function podDirectoryOf(request: JobRequest, pod: PodPlan): JobDirectories {
  const { directories } = request;
  const code = pod.code.kind === 'image' ? pod.code.path : POD_PATHS.code;
  const dataset = pod.datasetPath ?? POD_PATHS.dataset;
  return {
    code,
    model: sharesCheckout(request, pod) ? code : POD_PATHS.baseModel,
    dataset: hasDataset(request, pod) ? dataset : null,
    output: POD_PATHS.output,
    package: POD_PATHS.package,
    modelFile: `${POD_PATHS.package}${directories.modelFile.slice(directories.package.length)}`,
    metricsFile: POD_PATHS.metrics,
    logs: POD_PATHS.scratch,
    assets: POD_PATHS.assets,
    ...(directories.checkpoint === undefined
      ? {}
      : { checkpoint: `${POD_PATHS.output}${directories.checkpoint.slice(directories.output.length)}` }),
  };
}

/** Whether the code lies in the model repo, which is then mounted once. */
export function sharesCheckout(request: JobRequest, pod: PodPlan): boolean {
  return pod.code.kind === 'workspace' && request.directories.code === request.directories.model;
}

function hasDataset(request: JobRequest, pod: PodPlan): boolean {
  return pod.dataset.kind !== 'workspace' || request.directories.dataset !== null;
}

/**
 * Program and arguments of a step's container. User text is only ever an argument of its own.
 * @param end POSIX shell text that runs the arguments and tells how they ended; `null` = the program is all there is
 */
export function podCommand(
  step: ProcessStep,
  role: RolePlan,
  directories: JobDirectories,
  network: JobNetwork,
  end: string | null = null,
): readonly string[] {
  const argv = step.argv.map((argument) => fillIn(argument, directories));
  const launched = role.launcher === 'torchrun' && step.name === 'train' ? underTorchrun(argv) : argv;
  return inShell(launched, network.computed, end).map(escapeDollar);
}

/** torchrun reads how many, which and where from `PET_*`. */
function underTorchrun(argv: readonly string[]): readonly string[] {
  const agent = ['python3', '-m', 'torch.distributed.run'];
  return argv[0] === 'python3' ? [...agent, ...argv.slice(1)] : [...agent, '--no-python', ...argv];
}

function inShell(
  argv: readonly string[],
  computed: Readonly<Record<string, string>>,
  end: string | null,
): readonly string[] {
  const exports = Object.entries(computed).map(([name, expression]) => `export ${name}="${expression}"`);
  if (exports.length === 0 && end === null) return argv;
  return ['sh', '-c', [...exports, end ?? 'exec "$@"'].join('; '), 'sh', ...argv];
}

/** Kubernetes fills in `$(NAME)` in commands and variables and knows `$$` for a dollar that is only that. */
export function escapeDollar(text: string): string {
  return text.replaceAll('$', '$$$$');
}
