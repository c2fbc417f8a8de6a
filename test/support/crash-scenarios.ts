import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileCredentials, credentialFolder } from '../../adapters/credentials/file-credentials.ts';
import type { Trainyard } from '../../client/index.ts';
import type { RunView } from '../../domain/run-state.ts';
import { type Receiver, WEBHOOK_SECRET } from './notice-channels.ts';
import { savingRecipe } from './saving-trainer.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** What a scenario works in. */
export interface CrashStage {
  readonly world: World;
  readonly sdk: Trainyard;
  readonly hook: Receiver;
  /** Bounded, and of this world alone. */
  readonly project: string;
}

/** A run that somebody starts, and answers if it asks. */
export interface CrashScenario {
  readonly name: string;
  /** Runs of before, made by a worker nobody kills; answers the one it goes on from. */
  prepare?(stage: CrashStage): Promise<string>;
  start(stage: CrashStage, before: string): Promise<string>;
  /** What people do meanwhile; may take as long as the run. */
  people?(stage: CrashStage, runId: string): Promise<void>;
  readonly ends: RunView['status'];
  /** Jobs that there ever were, after the run's own prefix. */
  readonly jobs: readonly string[];
  /** How often its trainer was started. */
  readonly starts: number;
  readonly serves: boolean;
  readonly pushes: boolean;
}

const LONG = 200_000;

/** Every stage, a gate, a slot and a channel: what a run can do by itself. */
const whole: CrashScenario = {
  name: 'a run through all stages',
  start: async ({ world, sdk, project }) => {
    const gates = { push: { metric: 'accuracy >= 0.4', otherwise: 'reject' } };
    return (await sdk.start(world.spec({ project, gates }))).runId;
  },
  ends: 'succeeded',
  jobs: ['t1', 'p1'],
  starts: 1,
  serves: true,
  pushes: true,
};

const SCRIPT = 'test "$0" = --opset=17 || { echo "bad argument $0" >&2; exit 9; }; sh export.sh';

const mended: CrashScenario = {
  name: 'a run that parks and is changed by a person',
  start: async ({ world, sdk, project }) => {
    const wrong = { package: { command: ['sh', '-c', SCRIPT], args: { opset: 99 } } };
    const spec = world.spec({ project, onFailure: 'pause', serve: null, ...wrong });
    return (await sdk.start(spec)).runId;
  },
  people: async ({ sdk }, runId) => {
    await until(async () => (await sdk.get(runId)).status === 'parked');
    // Whoever is not answered in time asks again, as a person would.
    for (let tries = 0; tries < 5; tries += 1) {
      const done = await sdk.repair(runId, { action: 'retry', set: ['package.args.opset=17'] }).then(
        () => true,
        () => false,
      );
      if (done || (await sdk.get(runId)).status !== 'parked') return;
    }
  },
  ends: 'succeeded',
  jobs: ['t1', 'p1', 'p2'],
  starts: 1,
  serves: false,
  pushes: true,
};

const again: CrashScenario = {
  name: 'a rerun that takes over what another run trained',
  prepare: async ({ world, sdk }) => {
    const { runId } = await sdk.start(world.spec({ serve: null, output: null }));
    await sdk.result(runId, { signal: AbortSignal.timeout(LONG) });
    return runId;
  },
  start: async ({ sdk }, before) => (await sdk.rerun(before, { from: 'package' })).runId,
  ends: 'succeeded',
  jobs: ['p1'],
  // The line that the other run's trainer wrote, taken over.
  starts: 1,
  serves: false,
  pushes: false,
};

const OFF = { output: null, package: null, evaluate: null, serve: null };
const QUICK = { compute: { env: { STEP_SECONDS: '0.02' } } };

const warm: CrashScenario = {
  name: "a run that starts from another one's checkpoint",
  prepare: async ({ world, sdk }) => {
    const { runId } = await sdk.start(world.spec({ ...OFF, ...QUICK, recipe: savingRecipe() }));
    await sdk.result(runId, { signal: AbortSignal.timeout(LONG) });
    return runId;
  },
  start: async ({ world, sdk }, from) =>
    (await sdk.start(world.spec({ ...OFF, ...QUICK, recipe: savingRecipe({ from }) }))).runId,
  ends: 'succeeded',
  jobs: ['t1'],
  starts: 1,
  serves: false,
  pushes: false,
};

const cancelled: CrashScenario = {
  name: 'a run that is cancelled while it trains',
  start: async ({ world, sdk }) => {
    const script = 'echo begun >> "$TRAINYARD_OUTPUT_DIR/starts"; sleep 600';
    const recipe = { kind: 'command', command: ['sh', '-c', script] };
    return (await sdk.start(world.spec({ recipe, serve: null }))).runId;
  },
  people: async ({ world, sdk }, runId) => {
    await until(() => startsOf(world, runId).length > 0);
    await sdk.cancel(runId);
  },
  ends: 'cancelled',
  jobs: ['t1'],
  starts: 1,
  serves: false,
  pushes: false,
};

/** The first ones come first: a point that several pass is exercised in the first of them. */
export const SCENARIOS: readonly CrashScenario[] = [whole, mended, again, warm, cancelled];

/** One line for each time the run's trainer was started. */
export function startsOf(world: World, runId: string): readonly string[] {
  const path = join(world.workspace, 'runs', runId, 'output', 'starts');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

/** A channel and a bound on the project's runs. */
export async function settle({ world, hook, project }: Omit<CrashStage, 'sdk'>): Promise<void> {
  const config = join(world.folder, '.config', 'trainyard');
  mkdirSync(config, { recursive: true });
  const channel = `{ kind: webhook, url: "${hook.url('/runs')}", credential: hook }`;
  const lines = ['projects:', `  ${project}: { maxRuns: 1 }`, 'notifications:', `  programs: ${channel}`];
  writeFileSync(join(config, 'config.yaml'), `${lines.join('\n')}\n`);
  const credentials = createFileCredentials({ folder: credentialFolder(world.env) });
  await credentials.set({ name: 'hook', host: hook.host, username: 'hook' }, WEBHOOK_SECRET);
}
