import type { JobRequest } from './job.ts';

/** What must lie in the workspace before a job's pods start. */
export interface PodNeeds {
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/**
 * What pods write into, as the worker sees it. The adapter makes it before it submits, as the user the pods run as: the
 * kubelet would make what is missing as root, and a folder where a file belongs.
 */
export function podNeeds(request: JobRequest): PodNeeds {
  const { output, package: packaged, modelFile, metricsFile, logs } = request.directories;
  const steps = request.plan.roles.flatMap((role) => role.steps);
  const packages = steps.some((step) => step.name === 'package')
    ? [modelFile.slice(0, modelFile.lastIndexOf('/'))]
    : [];
  return { directories: [output, packaged, ...packages, logs], files: [metricsFile] };
}
