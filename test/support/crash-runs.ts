import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RECONCILE_SECONDS } from '../../domain/retry.ts';
import type { RunView } from '../../domain/run-state.ts';
import { createOutbox } from '../../adapters/store/outbox.ts';
import type { Announced } from '../../ports/outbox.ts';
import { expectOneOfEach } from './crash-claims.ts';
import { type CrashScenario, type CrashStage, settle } from './crash-scenarios.ts';
import { startReceiver } from './notice-channels.ts';
import type { TemporalEnv } from './temporal-env.ts';
import { makeWorld, type WorkerProcess } from './world.ts';

const ROOMS = ['activities', 'adapters', 'backends', 'domain', 'ports', 'worker', 'workflows'];
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * How long a run may take, its kills included. Steps that wait for others beat for nobody: a worker that dies in the
 * moment between beginning one and saying whom to tell is missed when the step's time is up.
 */
const RUN_MS = 240_000 + RECONCILE_SECONDS * 1000;
/** What still happens when everybody was told. */
const AFTERWARDS_MS = 3000;

/** Every place that the source names, sorted. */
export function pointsOfSource(): readonly string[] {
  const found = new Set<string>();
  for (const room of ROOMS) {
    for (const file of readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const text = readFileSync(join(ROOT, room, file), 'utf8');
      for (const [, name] of text.matchAll(/crashPoint\('([^']+)'\)/g)) if (name !== undefined) found.add(name);
    }
  }
  return [...found].toSorted();
}

interface Walked {
  /** How many of the kills came about, in their order. */
  readonly kills: number;
  /** Points in order, each as often as it was hit. */
  readonly passed: readonly string[];
}

interface Walking {
  readonly env: TemporalEnv;
  readonly scenario: CrashScenario;
  /** Where one worker after the other is killed: `name:n` for its own n-th hit. */
  readonly kills: readonly string[];
}

let worlds = 0;

/** One run of a scenario in a world of its own, with a channel that is told of it. */
export async function walk(walking: Walking): Promise<Walked> {
  worlds += 1;
  const project = `crash-${worlds}`;
  const hook = await startReceiver();
  const world = makeWorld({ address: walking.env.address, taskQueue: project });
  try {
    await settle({ world, hook, project });
    return await walkIn({ world, hook, project, sdk: await world.sdk() }, walking);
  } finally {
    await world.close();
    await hook.stop();
  }
}

/**
 * Each time its worker is killed another one takes over; whatever happened, the run has to end as it should, with one of
 * each effect.
 */
async function walkIn(stage: CrashStage, { env, scenario, kills }: Walking): Promise<Walked> {
  const { world, hook } = stage;
  const before = await prepared(stage, scenario);
  hook.seen.splice(0);
  const log = join(world.folder, 'passed');
  const start = async (at: string | undefined) => {
    const crash = at === undefined ? {} : { TRAINYARD_TEST_CRASH: at };
    return await world.startWorker({ ...crash, TRAINYARD_TEST_CRASH_LOG: log });
  };
  let worker = await start(kills[0]);
  const runId = await scenario.start(stage, before);
  const people = scenario.people?.(stage, runId);
  // Seen further down; a kill must not make it an unhandled one before.
  people?.catch(() => undefined);
  let killed = 0;
  while (killed < kills.length && (await dies(worker, stage, runId))) {
    killed += 1;
    worker = await start(kills[killed]);
  }
  await people;
  const view = await ended(stage, runId);
  if (view.status !== scenario.ends) {
    throw new Error(`${scenario.name} ${view.status}: ${JSON.stringify(view.error)}`);
  }
  const notices = await allTold(stage, runId);
  await expectOneOfEach({ env, stage, scenario, runId, view, notices, kills: killed });
  return { kills: killed, passed: readFileSync(log, 'utf8').trim().split('\n') };
}

async function prepared(stage: CrashStage, scenario: CrashScenario): Promise<string> {
  mkdirSync(stage.world.workspace, { recursive: true });
  if (scenario.prepare === undefined) return '';
  const worker = await stage.world.startWorker();
  const runId = await scenario.prepare(stage);
  await allTold(stage, runId);
  worker.child.kill('SIGTERM');
  await worker.ended;
  return runId;
}

/** Whether the worker is killed; false when the run ended, with everybody told, and did not pass the place so often. */
async function dies(worker: WorkerProcess, stage: CrashStage, runId: string): Promise<boolean> {
  const over = ended(stage, runId)
    .then(() => allTold(stage, runId))
    .then(() => delay(AFTERWARDS_MS));
  const end = await Promise.race([worker.ended, over]);
  over.catch(() => undefined);
  return end?.signal === 'SIGKILL';
}

async function ended({ sdk }: CrashStage, runId: string): Promise<RunView> {
  return await sdk.result(runId, { signal: AbortSignal.timeout(RUN_MS) });
}

/** Every notice of a run, once nobody is to be told any more. */
async function allTold({ world }: CrashStage, runId: string): Promise<readonly Announced[]> {
  const outbox = createOutbox(world.workspace);
  const end = Date.now() + 60_000;
  for (;;) {
    const all = await outbox.ofRun(runId);
    const over = all.some(({ notice }) => notice.event === 'ended');
    const open = all.filter(({ deliveries }) => deliveries?.channels.some(({ state }) => state === 'due') !== false);
    if (over && open.length === 0 && (await outbox.pending()).length === 0) return all;
    if (Date.now() > end) throw new Error(`somebody was never told of ${runId}: ${JSON.stringify(open)}`);
    await delay(50);
  }
}

/** At most so many at once, in the order they came. */
export function limiter(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
