import { join } from 'node:path';
import type { ClusterBackend, ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import { TrainyardError } from '../../domain/errors.ts';
import type { JobPlan, JobRequest } from '../../domain/job.ts';
import { listAt, textAt } from '../../domain/json.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import type { KubeApi } from './api.ts';
import { WRITE } from './create.ts';
import { KubeFailure, isGone } from './failure.ts';
import { collectionPath, kindOf, objectPath } from './paths.ts';
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

/** The objects of a plan whose files are not there yet: what they would be, but for the folders' names. */
export function rehearsal({ site, backends }: Pick<Site, 'site' | 'backends'>, plan: JobPlan): readonly KubeObject[] {
  if (plan.cluster === undefined) return [];
  return backends[plan.cluster.kind].render(rehearsalRequest(site, plan), site, plan.cluster.options);
}

async function rehearse(at: Site, plan: JobPlan): Promise<void> {
  const objects = rehearsal(at, plan);
  for (const object of objects) {
    try {
      await at.api.send('POST', collectionPath(kindOf(object), at.site.namespace), {
        query: { ...WRITE, dryRun: 'All' },
        body: object,
      });
    } catch (error) {
      // Room may come, and what a kept object needs is there already when it exists.
      if (error instanceof KubeFailure && error.reason === 'AlreadyExists') continue;
      const refused = refusalOf(error, object);
      if (refused instanceof KubeFailure && refused.reason === 'QuotaExceeded') continue;
      if (error instanceof KubeFailure && missesRehearsed(error.message, objects)) continue;
      throw refused;
    }
  }
}

/** A webhook that looks for what a dry run has not made: Trainer's for the runtime of a TrainJob. */
function missesRehearsed(message: string, objects: readonly KubeObject[]): boolean {
  return objects.some(({ metadata }) => message.includes(`"${metadata.name}" not found`));
}

function rehearsalRequest({ workspace }: ClusterSite, plan: JobPlan): JobRequest {
  const run = join(workspace.root, 'runs', 'run-rehearsal');
  const at = (name: string): string => join(run, name);
  return {
    name: `rehearsal-aaaaaaaa-${plan.purpose === 'train' ? 't' : 'p'}1`,
    runId: 'run-rehearsal',
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

async function requireClaim({ api, site, name }: Site): Promise<void> {
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
