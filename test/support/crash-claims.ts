import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { askService } from '../../client/v2-infer.ts';
import { SLOTS_WORKFLOW } from '../../domain/messages.ts';
import type { RunView } from '../../domain/run-state.ts';
import type { Announced } from '../../ports/outbox.ts';
import { type CrashScenario, type CrashStage, startsOf } from './crash-scenarios.ts';
import type { TemporalEnv } from './temporal-env.ts';
import { until } from './until.ts';
import { git } from './world-repos.ts';

/** A run that is over, and what it should have come to. */
export interface Settled {
  readonly env: TemporalEnv;
  readonly stage: CrashStage;
  readonly scenario: CrashScenario;
  readonly runId: string;
  readonly view: RunView;
  readonly notices: readonly Announced[];
  /** How many workers were killed. */
  readonly kills: number;
}

/** One job an attempt, one commit, one version of the service, one delivery a notice, and nothing left over. */
export async function expectOneOfEach(settled: Settled): Promise<void> {
  const { scenario, view, stage, runId } = settled;
  if (scenario.ends === 'succeeded') expect(view.error).toBeNull();
  expect(view.status).toBe(scenario.ends);
  expect(view.leftovers).toEqual([]);
  expectJobs(settled);
  if (scenario.pushes) expectBranch(settled);
  expectToldOnce(settled);
  await expectServices(settled);
  expectNoHalves(stage.world.workspace);
  await expectSlotFree(settled);
  expect(stage.world.record(runId).view?.status, 'what the record says').toBe(scenario.ends);
}

function expectJobs({ stage: { world }, scenario, runId }: Settled): void {
  const { plan } = world.record(runId);
  const names = readdirSync(join(world.workspace, 'runs', runId, 'jobs'));
  expect(names.toSorted(), 'one job an attempt').toEqual(
    scenario.jobs.map((job) => `${plan.jobPrefix}-${job}`).toSorted(),
  );
  expect(startsOf(world, runId), 'one training process').toHaveLength(scenario.starts);
  expect(readdirSync(join(world.workspace, 'active')), 'no job whose end is still to be told').toEqual([]);
}

function expectBranch({ stage: { world }, runId }: Settled): void {
  const bare = fileURLToPath(world.output);
  expect(git(bare, 'for-each-ref', '--format=%(refname:short)').split('\n')).toEqual([`result-${runId}`]);
  expect(git(bare, 'rev-list', '--count', '--all')).toBe('1');
  expect(git(bare, 'rev-parse', `result-${runId}`)).toBe(world.record(runId).commit);
  const gates = world.record(runId).gates ?? [];
  if (gates.length > 1) throw new Error(JSON.stringify(gates, null, 1));
  expect(gates.map(({ state, by }) => `${state} by ${by}`)).toEqual(
    world.record(runId).plan.gates?.length === 1 ? ['approved by metric'] : [],
  );
}

/** A channel may hear again what it was told just before a kill; under the same id, by which it knows. */
function expectToldOnce({ stage: { world, hook }, runId, notices, kills }: Settled): void {
  const files = readdirSync(join(world.workspace, 'runs', runId, 'deliveries'));
  const ids = notices.map(({ notice }) => notice.id);
  expect(files.toSorted(), 'one record of deliveries a notice').toEqual(ids.map((id) => `${id}.json`).toSorted());
  expect(new Set(ids.map((id) => id.split('.').at(-1))).size).toBeGreaterThan(0);
  for (const { deliveries } of notices) {
    expect(deliveries?.channels.map(({ channel, state }) => [channel, state])).toEqual([['programs', 'told']]);
  }
  const heard = hook.seen.map(({ headers }) => String(headers['webhook-id']));
  expect(new Set(heard).size, 'every notice is heard').toBe(ids.length);
  expect(heard.length - ids.length, 'and one more at most for each kill').toBeLessThanOrEqual(kills);
}

async function expectServices({ stage: { world }, scenario, runId }: Settled): Promise<void> {
  const running = world.processes().map(({ command }) => command);
  if (!scenario.serves) return expect(running, 'nothing runs').toEqual([]);
  expect(running, 'one server').toEqual([expect.stringContaining('local_server.py')]);
  const { service } = world.record(runId);
  const versions = readdirSync(join(world.workspace, 'published', service?.name ?? ''), { withFileTypes: true });
  const folders = versions.filter((one) => one.isDirectory()).map(({ name }) => name);
  expect(folders, 'one version').toEqual([service?.version]);
  expect(await askService(service?.url ?? '', 'world', [1, 2, 3, 4])).toHaveLength(2);
}

/** What was being written when the worker died was swept, or is not where anybody reads. */
function expectNoHalves(workspace: string): void {
  const all = readdirSync(workspace, { recursive: true, encoding: 'utf8' });
  const halves = all.filter((path) => /(^|\/)\.tmp-|\.new$|^published\/.*\.tmp-/.test(path));
  expect(halves).toEqual([]);
}

/** Whoever hands out slots ends when nobody has one. */
async function expectSlotFree({ env, stage: { project, world }, runId }: Settled): Promise<void> {
  if (world.record(runId).plan.slot == null) return;
  const handle = env.client.workflow.getHandle(`${SLOTS_WORKFLOW}-${project}`);
  await until(async () => (await handle.describe()).status.name === 'COMPLETED');
}
