import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubernetesJobBackend } from '../../backends/kubernetes-job/backend.ts';
import { paddlejobBackend } from '../../backends/paddlejob/backend.ts';
import { trainjobBackend } from '../../backends/trainjob/backend.ts';
import { volcanoBackend } from '../../backends/volcano/backend.ts';
import type { ClusterBackend, ClusterSite, KubeObject } from '../../domain/cluster-job.ts';
import type { JobPlan } from '../../domain/job.ts';
import type { ClusterBackendKind } from '../../domain/pod-plan.ts';
import { applySet } from '../../spec/apply-set.ts';
import { packageJob, trainJob } from '../../spec/job-plans.ts';
import { readDocument } from '../../spec/spec-text.ts';
import { parseSpec } from '../../spec/training-spec.ts';
import type { TrainingSpec } from '../../spec/training-spec.ts';
import { clusterRequest, clusterSite } from './cluster-job.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples');

/** What a composition root gives the adapter. The plan holds the options that each has parsed itself. */
export const BACKENDS = {
  'kubernetes-job': kubernetesJobBackend,
  volcano: volcanoBackend,
  trainjob: trainjobBackend,
  paddlejob: paddlejobBackend,
} as Readonly<Record<ClusterBackendKind, ClusterBackend>>;

/** An example spec, as a document. */
export function exampleDocument(path: string): unknown {
  return readDocument(readFileSync(join(examples, path), 'utf8'), path);
}

/** A document with some fields replaced, as `--set` does; throws what is wrong with it. */
export function specOf(document: unknown, ...set: readonly string[]): TrainingSpec {
  const parsed = parseSpec(applySet(document, set));
  if (parsed.ok) return parsed.spec;
  throw parsed.error;
}

/** Every object of a job of a spec, as the cluster would be sent them. */
export function renderPlan(plan: JobPlan, spec: TrainingSpec, site: Partial<ClusterSite> = {}): readonly KubeObject[] {
  const { cluster } = plan;
  if (cluster === undefined) throw new Error('the job runs on this machine');
  const request = clusterRequest();
  const dataset = spec.dataset?.repo === undefined ? null : request.directories.dataset;
  // Plans travel as JSON before they are rendered.
  const travelled = JSON.parse(JSON.stringify(plan)) as JobPlan;
  const options = travelled.cluster?.options ?? cluster.options;
  const whole = { ...request, plan: travelled, directories: { ...request.directories, dataset } };
  return BACKENDS[cluster.kind].render(whole, clusterSite(site), options);
}

export function renderTraining(spec: TrainingSpec, site: Partial<ClusterSite> = {}): readonly KubeObject[] {
  return renderPlan(trainJob(spec), spec, site);
}

export function renderPackaging(spec: TrainingSpec, site: Partial<ClusterSite> = {}): readonly KubeObject[] {
  const plan = packageJob(spec);
  if (plan === null) throw new Error('nothing is packaged');
  return renderPlan(plan, spec, site);
}
