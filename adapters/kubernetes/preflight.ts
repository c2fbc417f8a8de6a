import { join } from 'node:path';
import type { ClusterBackend, ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import type { JobPlan, JobRequest } from '../../domain/job.ts';
import { jobName } from '../../domain/names.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import { dryRun } from './dry-run.ts';
import { requireStorage } from './storage-check.ts';

interface Site {
  readonly api: KubeApi;
  readonly site: ClusterSite;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly name: string;
}

/** Everything the cluster would refuse hours later: what pods mount, and each job as a dry run on the server. */
export async function preflightSite(at: Site, plans: readonly JobPlan[]): Promise<void> {
  await requireStorage(at, plans);
  for (const plan of plans) await rehearse(at, plan);
}

/** The run whose objects are shown or tried without there being one. */
export interface Rehearsed {
  readonly runId: string;
  /** Of the names of its jobs. */
  readonly prefix: string;
}

const NOBODY: Rehearsed = { runId: 'run-rehearsal', prefix: 'rehearsal-aaaaaaaa' };

/** The objects of a plan whose files are not there yet: what they would be, but for the folders' names. */
export function rehearsal(
  { site, backends }: Pick<Site, 'site' | 'backends'>,
  plan: JobPlan,
  run: Rehearsed = NOBODY,
): readonly KubeObject[] {
  if (plan.cluster === undefined) return [];
  return backends[plan.cluster.kind].render(rehearsalRequest(site, plan, run), site, plan.cluster.options);
}

async function rehearse(at: Site, plan: JobPlan): Promise<void> {
  const objects = rehearsal(at, plan);
  for (const object of objects) {
    const answer = await dryRun(at.api, at.site.namespace, object, objects);
    // Room may come, and what a kept object needs is there already when it exists.
    if (answer.kind === 'refused') throw answer.error;
  }
}

function rehearsalRequest({ workspace }: ClusterSite, plan: JobPlan, { runId, prefix }: Rehearsed): JobRequest {
  const run = join(workspace.root, 'runs', runId);
  const at = (name: string): string => join(run, name);
  return {
    name: jobName(prefix, plan.purpose, 1),
    runId,
    attempt: 1,
    plan,
    directories: {
      code: at('code'),
      model: at('model'),
      dataset: at('dataset'),
      output: at('output'),
      package: at('package'),
      modelFile: join(at('package'), 'model', '1', 'model'),
      metricsFile: at('metrics.jsonl'),
      logs: at('logs'),
      assets: at('assets'),
    },
  };
}
