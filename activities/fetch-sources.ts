import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Offered, RunRef } from '../domain/activities.ts';
import { TrainyardError } from '../domain/errors.ts';
import type { Plan, SourcePin } from '../domain/plan.ts';
import type { FetchCost } from '../domain/record.ts';
import type { ActivityDeps } from './deps.ts';
import { offerBehind } from './gate-evidence.ts';
import { amendRecord, needRecord } from './records.ts';
import { deferSources } from './replica-sources.ts';
import type { StepScope } from './step.ts';
import { placeWarmStart } from './warm-start.ts';

interface Fetched {
  readonly path: string;
  readonly cost: FetchCost | null;
}

/** Model, code and dataset side by side; then everything the recipe needs must be there. */
export async function fetchSources(deps: ActivityDeps, scope: StepScope, run: RunRef): Promise<Offered> {
  const record = await needRecord(deps.workspace, run.runId);
  const { plan } = record;
  if (deps.handover !== undefined) {
    const checkouts = await deferSources(deps, deps.handover, scope, record);
    await placeWarmStart(deps, record);
    return await offerBehind(deps, await amendRecord(deps.workspace, record, { checkouts, fetched: [] }), 'fetch');
  }
  const [model, code, dataset] = await together(scope, (each) => [
    plan.model === null ? null : fetchOne(deps, each, 'model', plan.model),
    plan.code === null ? null : fetchOne(deps, each, 'code', plan.code),
    plan.dataset === null ? null : fetchOne(deps, each, 'dataset', plan.dataset),
  ]);
  const from = model?.path ?? code?.path ?? (await emptySource(deps, run.runId));
  const checkouts = { model: from, code: code?.path ?? from, dataset: dataset?.path ?? null };
  await requireFiles(plan, checkouts.code);
  await placeWarmStart(deps, record);
  const fetched = [model, code, dataset].flatMap((one) => (one?.cost ? [one.cost] : []));
  return await offerBehind(deps, await amendRecord(deps.workspace, record, { checkouts, fetched }), 'fetch');
}

/** All at once. The first that fails stops the others, and is thrown when they have ended: none goes on unseen. */
async function together<const T extends readonly unknown[]>(
  scope: StepScope,
  start: (each: StepScope) => T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const failed = new AbortController();
  const signal = AbortSignal.any([scope.signal, failed.signal]);
  const work = start({ ...scope, signal });
  const all = Promise.all(work);
  all.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(work);
  return await all;
}

async function fetchOne(
  deps: ActivityDeps,
  scope: StepScope,
  source: FetchCost['source'],
  pin: SourcePin,
): Promise<Fetched> {
  if (pin.kind === 'snapshot') return { path: deps.workspace.snapshotPath(pin.digest), cost: null };
  const tree = await deps.git.fetch({
    remote: { url: pin.url, credential: pin.credential },
    ref: pin.ref,
    commit: pin.commit,
    signal: scope.signal,
    onProgress: (line) => scope.progress(`${source}: ${line}`),
  });
  const { reused, lfsObjects, lfsBytes } = tree;
  return { path: tree.path, cost: { source, commit: pin.commit, reused, lfsObjects, lfsBytes } };
}

/** Stands for sources that containers bring themselves. */
export async function emptySource(deps: ActivityDeps, runId: string): Promise<string> {
  const path = join(deps.workspace.paths(runId).root, 'source');
  await mkdir(path, { recursive: true });
  return path;
}

/** Throws `TY_RECIPE_SCRIPT_MISSING` for the first file that the code does not hold. */
export async function requireFiles(plan: Plan, code: string): Promise<void> {
  for (const file of plan.requiredFiles) {
    const there = await access(join(code, file)).then(
      () => true,
      () => false,
    );
    if (there) continue;
    const pin = plan.code ?? plan.model;
    throw new TrainyardError('TY_RECIPE_SCRIPT_MISSING', `there is no ${file}`, {
      where: pin?.kind === 'git' ? `${pin.url} at ${pin.commit.slice(0, 12)}` : 'the code folder',
      why: `the ${plan.recipe} recipe was told to run it`,
    });
  }
}
