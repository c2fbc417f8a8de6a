import { join } from 'node:path';
import type { ClusterBackend, ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobPlan, JobRequest } from '../../domain/job.ts';
import { listAt, textAt } from '../../domain/json.ts';
import { jobName } from '../../domain/names.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import { dryRun } from './dry-run.ts';
import { isGone } from './failure.ts';
import { objectPath } from './paths.ts';
import { refusalOf } from './refusal.ts';

interface Site {
  readonly api: KubeApi;
  readonly site: ClusterSite;
  readonly backends: Readonly<Record<ClusterBackendKind, ClusterBackend>>;
  readonly name: string;
}

/** Everything the cluster would refuse hours later: the claim, and each job as a dry run on the server. */
export async function preflightSite(at: Site, plans: readonly JobPlan[]): Promise<void> {
  await requireClaim(at);
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

/** @throws TrainyardError `TY_SITE_CLAIM`, `TY_CLUSTER_*` */
export async function requireClaim({ api, site, name }: Pick<Site, 'api' | 'site' | 'name'>): Promise<void> {
  const { claim } = site.workspace;
  const where = `site ${name}: claim ${claim} in namespace ${site.namespace}`;
  const kind = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
  const refuse = (message: string, why: string): TrainyardError =>
    new TrainyardError('TY_SITE_CLAIM', message, { where, why });
  let found: unknown;
  try {
    found = await api.send('GET', objectPath(kind, site.namespace, claim));
  } catch (error) {
    if (isGone(error)) throw refuse(`the claim ${claim} does not exist`, String(error));
    throw refusalOf(error, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claim, namespace: site.namespace },
    });
  }
  const modes = listAt(found, 'spec', 'accessModes');
  if (!modes.includes('ReadWriteMany')) {
    throw refuse(`the claim ${claim} cannot be shared`, `its access modes are ${modes.join(', ') || 'none'}`);
  }
  // Some classes bind with the first pod.
  const phase = textAt(found, 'status', 'phase');
  if (phase === 'Lost') throw refuse(`the claim ${claim} has lost its volume`, 'its phase is Lost');
}
