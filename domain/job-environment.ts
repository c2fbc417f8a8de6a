import type { JobDirectories, JobRequest, RolePlan } from './job.ts';

/** What every process of a job finds in its environment, on any backend. */
export function jobEnvironment(request: JobRequest, directories: JobDirectories): Record<string, string> {
  return {
    TRAINYARD_RUN_ID: request.runId,
    TRAINYARD_JOB: request.name,
    PYTHONUNBUFFERED: '1',
    // The checkout is shared by all runs of its commit; root would write `__pycache__` into it all the same.
    PYTHONDONTWRITEBYTECODE: '1',
    TRAINYARD_CODE_DIR: directories.code,
    TRAINYARD_MODEL_DIR: directories.model,
    ...(directories.dataset === null ? {} : { TRAINYARD_DATASET_DIR: directories.dataset }),
    TRAINYARD_OUTPUT_DIR: directories.output,
    TRAINYARD_PACKAGE_DIR: directories.package,
    TRAINYARD_MODEL_FILE: directories.modelFile,
    TRAINYARD_METRICS_FILE: directories.metricsFile,
    TRAINYARD_METRICS_JSON: `${directories.package}/metrics.json`,
  };
}

/** Threads of one process, `cpu` in cores. Without a number, processes that share a replica take one each, as torchrun has it. */
export function threadVariables(cpu: number | null, role: RolePlan): Record<string, string> {
  const procs = role.launcher === 'torchrun' ? role.procsPerReplica : 1;
  if (cpu === null) return procs > 1 ? { OMP_NUM_THREADS: '1' } : {};
  return { OMP_NUM_THREADS: String(Math.max(1, Math.floor(cpu / procs))) };
}

/** A role's name as variables hold it: with `TASKROLE_NAME` a process finds its `VC_<TASKROLE_NAME>_HOSTS`. */
export function roleVariable(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
