import type { JobDeadlines, JobRequest, ProcessStep, ResourcePlan, RolePlan } from '../../domain/job.ts';

export interface JobRequestOptions {
  /** Workspace whose `runs/<run>/` holds the job's directories. */
  readonly root: string;
  readonly name?: string;
  readonly runId?: string;
  readonly attempt?: number;
  /** Program and arguments of the one step. */
  readonly argv?: readonly string[];
  readonly role?: Partial<RolePlan>;
  readonly roles?: readonly RolePlan[];
  readonly resources?: Partial<ResourcePlan>;
  readonly deadlines?: Partial<JobDeadlines>;
  readonly graceSeconds?: number;
  readonly rendezvousPort?: number;
}

/** A training job of one plain process that ends at once, with whatever differs. */
export function jobRequest(options: JobRequestOptions): JobRequest {
  const { root, name = 'digits-abcdefgh-t1', runId = 'run-digits-1', attempt = 1 } = options;
  const run = `${root}/runs/${runId}`;
  return {
    name,
    runId,
    attempt,
    plan: {
      purpose: 'train',
      roles: options.roles ?? [{ ...rolePlan(options.argv ?? ['true']), ...options.role }],
      resources: { cpu: null, memoryBytes: null, openFiles: 4096, ...options.resources },
      graceSeconds: options.graceSeconds ?? 5,
      deadlines: { startingSeconds: 600, silentSeconds: null, ...options.deadlines },
      rendezvousPort: options.rendezvousPort ?? null,
    },
    directories: {
      code: `${root}/code`,
      model: `${root}/model`,
      dataset: `${root}/dataset`,
      output: `${run}/output`,
      package: `${run}/package`,
      modelFile: `${run}/package/digits/1/model.torchscript`,
      metricsFile: `${run}/metrics.jsonl`,
      assets: `${root}/assets`,
      logs: `${run}/logs/${name}`,
    },
  };
}

/** A role of one plain replica with one training step. */
export function rolePlan(argv: readonly string[]): RolePlan {
  return { name: 'train', replicas: 1, procsPerReplica: 1, launcher: 'plain', steps: [trainStep(argv)], env: {} };
}

export function trainStep(argv: readonly string[]): ProcessStep {
  return { name: 'train', argv, cwd: 'code' };
}
