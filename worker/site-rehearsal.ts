import { createKubeApi } from '../adapters/kubernetes/api.ts';
import { discoverSite } from '../adapters/kubernetes/discovery.ts';
import { dryRun } from '../adapters/kubernetes/dry-run.ts';
import { noAnswer } from '../adapters/kubernetes/no-answer.ts';
import { rehearsal } from '../adapters/kubernetes/preflight.ts';
import { requireStorage } from '../adapters/kubernetes/storage-check.ts';
import type { ClusterSite, KubeObject } from '../domain/cluster-job.ts';
import { toReport, TrainyardError } from '../domain/errors.ts';
import type { ErrorReport } from '../domain/errors.ts';
import type { JobPlan } from '../domain/job.ts';
import { textAt } from '../domain/json.ts';
import { jobPrefix } from '../domain/names.ts';
import { packageJob, trainJob } from '../spec/job-plans.ts';
import type { Settings } from '../spec/settings.ts';
import { mergeSites, siteOf, sitesField } from '../spec/site-settings.ts';
import type { SiteSettings } from '../spec/site-settings.ts';
import type { TrainingSpec } from '../spec/training-spec.ts';
import { CLUSTER_BACKENDS, placeOf } from './site-ports.ts';

/** What a run of a spec would make on its cluster. */
export interface Manifest {
  /** Name of the site; `null` = the settings have none, and placeholders stand for it. */
  readonly site: string | null;
  /** Training first, each in the order of creation. */
  readonly objects: readonly KubeObject[];
}

/** What the API server of a site says to one object. */
export interface TriedObject {
  readonly kind: string;
  readonly name: string;
  readonly answer: 'accepted' | 'exists' | 'no room' | 'not judged' | 'refused';
  readonly why: string | null;
}

export interface Tried {
  readonly site: string;
  readonly objects: readonly TriedObject[];
  /** The first thing that would keep a run from being made. */
  readonly error: ErrorReport | null;
}

/**
 * The objects a spec stands for, without asking any cluster: as for one that has what the spec names.
 * @throws TrainyardError `TY_SPEC_*`, `TY_BACKEND_*`, `TY_CLI_USAGE` for a spec that runs on this machine
 */
export function siteManifest(settings: Settings, spec: TrainingSpec): Manifest {
  const found = placed(settings, spec);
  const site = found?.settings ?? placeholder();
  const place = placeOf(site, settings.git, () => assumed(spec));
  return { site: found?.name ?? null, objects: objectsOf(spec, site, place) };
}

/**
 * Asks the API server of the spec's site for each object, of which it keeps none.
 * @throws TrainyardError as `siteManifest`; `TY_CLUSTER_*` where there is no answer at all
 */
export async function siteDryRun(settings: Settings, spec: TrainingSpec): Promise<Tried> {
  requireCluster(spec);
  const { name, settings: site } = siteOf(spec, settings.sites);
  if (site === null) throw onThisMachine();
  const api = await createKubeApi(site).catch((error: unknown) => {
    throw noAnswer(error, `site ${name}`, site.kubeconfig ?? 'the default kubeconfig');
  });
  try {
    const found = await discoverSite(api);
    const place = placeOf(site, settings.git, () => found);
    const plans = plansOf(spec, site);
    const claim = await triedStorage(() => requireStorage({ api, site: place, name }, plans), site.workspace.claim);
    const objects = objectsOf(spec, site, place);
    const tried: Attempt[] = [claim];
    for (const object of objects) {
      const answer = await dryRun(api, site.namespace, object, objects);
      const error = answer.kind === 'refused' ? toReport(answer.error) : null;
      const why = 'why' in answer ? answer.why : null;
      tried.push({ row: rowOf(object.kind, object.metadata.name, answer.kind, error?.why ?? why), error });
    }
    const error = tried.find((one) => one.error !== null)?.error ?? null;
    return { site: name, objects: tried.map(({ row }) => row), error };
  } catch (error) {
    throw noAnswer(error, `site ${name}`, api.server);
  } finally {
    api.close();
  }
}

interface Attempt {
  readonly row: TriedObject;
  readonly error: ErrorReport | null;
}

async function triedStorage(ask: () => Promise<void>, claim: string | null): Promise<Attempt> {
  const row = (answer: TriedObject['answer'], why: string | null) =>
    claim === null ? rowOf('Storage', 'replicas', answer, why) : rowOf('PersistentVolumeClaim', claim, answer, why);
  try {
    await ask();
    return { row: row('exists', null), error: null };
  } catch (error) {
    const report = toReport(error);
    return { row: row('refused', report.why ?? report.message), error: report };
  }
}

function rowOf(kind: string, name: string, answer: TriedObject['answer'], why: string | null): TriedObject {
  return { kind, name, answer, why };
}

function objectsOf(spec: TrainingSpec, site: SiteSettings, place: ClusterSite): readonly KubeObject[] {
  // Zeros for the digest: the true one comes of the run's id.
  const run = { runId: `run-${spec.name}-aaaaaa`, prefix: jobPrefix(spec.name, new Uint8Array(32)) };
  const at = { site: place, backends: CLUSTER_BACKENDS };
  return plansOf(spec, site).flatMap((plan) => rehearsal(at, plan, run));
}

function plansOf(spec: TrainingSpec, site: SiteSettings): readonly JobPlan[] {
  return [trainJob(spec, site), packageJob(spec, site)].filter((plan) => plan !== null);
}

/** `null` where the settings have no site at all, and the spec names none. */
function placed(settings: Settings, spec: TrainingSpec): { name: string; settings: SiteSettings } | null {
  const { backend } = spec;
  requireCluster(spec);
  const named = 'site' in backend && backend.site !== undefined;
  if (!named && Object.keys(settings.sites).length === 0) return null;
  const found = siteOf(spec, settings.sites);
  if (found.settings === null) throw onThisMachine();
  return { name: found.name, settings: found.settings };
}

function requireCluster({ backend }: TrainingSpec): void {
  if (backend.kind === 'local') throw onThisMachine();
}

function onThisMachine(): TrainyardError {
  return new TrainyardError('TY_CLI_USAGE', 'backend local makes no objects on a cluster', {
    where: 'backend.kind',
    fix: 'trainyard run start --dry-run  shows its commands; or  --set backend.kind=kubernetes-job',
  });
}

/** The site that `deploy/kubernetes` sets up. */
function placeholder(): SiteSettings {
  const written = { namespace: 'trainyard', workspace: { root: '/workspace', claim: 'trainyard-workspace' } };
  const sites = mergeSites([sitesField.parse({ example: written })], { home: undefined, directory: undefined });
  const { example } = sites;
  if (example === undefined) throw new Error('the example of a site is none');
  return example;
}

/** A cluster that has what the spec names, and no more. */
function assumed({ backend }: TrainingSpec): ClusterSite['dialects'] {
  const gang = textAt(backend, 'gang');
  const queued = textAt(backend, 'queue') !== null;
  const kueue = gang === 'kueue' || (queued && gang === null) ? 'v1beta2' : null;
  const named = gang === 'volcano' || gang === 'coscheduling' ? gang : null;
  const podGroups = backend.kind === 'paddlejob' && queued ? 'volcano' : named;
  return { trainer: 'runtimePatches', kueue, podGroups };
}
