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
  const packages = steps.some((step) => step.name === 'package') ? foldersBetween(packaged, modelFile) : [];
  return { directories: [output, packaged, ...packages, logs], files: [metricsFile] };
}

/** Every folder below `top` on the way to a file: each is written into, not only the last. */
function foldersBetween(top: string, file: string): readonly string[] {
  const parts = file
    .slice(top.length + 1)
    .split('/')
    .slice(0, -1);
  return parts.map((_part, index) => [top, ...parts.slice(0, index + 1)].join('/'));
}
