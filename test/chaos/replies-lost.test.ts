import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFileCredentials, credentialFolder } from '../../adapters/credentials/file-credentials.ts';
import { askService } from '../../client/v2-infer.ts';
import type { Trainyard } from '../../client/index.ts';
import type { RunView } from '../../domain/run-state.ts';
import { limiter } from '../support/crash-runs.ts';
import { type Forge, startForge } from '../support/forge.ts';
import { type LossyTemporal, startLossyTemporal } from '../support/lossy-temporal.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';
import { makeWorld, type WorkerProcess, type World } from '../support/world.ts';
import { git } from '../support/world-repos.ts';

const RUNS = Number(process.env['TRAINYARD_TEST_RUNS'] ?? '500');
const SHARE = 0.1;
const AT_ONCE = 24;
/** A branch with LFS objects, and one whose artifact is served: every so many-th run. */
const WITH_LFS = 5;
const SERVED = 25;

/** Nobody beats for a wait: one whose answer was lost is tried again after ten minutes. */
const LONGEST_MS = 900_000;

const HOUR = 3_600_000;
const LOSSY_FETCH = pathToFileURL(fileURLToPath(new URL('../support/lossy-serving.mjs', import.meta.url))).href;

let env: TemporalEnv;
let temporal: LossyTemporal;
let world: World;
let forge: Forge;
let worker: WorkerProcess;
let sdk: Trainyard;

beforeAll(async () => {
  env = await startTemporal();
  temporal = await startLossyTemporal(env.address);
  world = makeWorld({ address: temporal.address, taskQueue: 'replies-lost', trainSeconds: 0 });
  forge = await startForge(world, [{ name: 'bot', token: 'token-of-the-bot', access: { '*': 'write' } }]);
  const credentials = createFileCredentials({ folder: credentialFolder(world.env) });
  await credentials.set({ name: 'forge', host: forge.server.host, username: 'bot' }, 'token-of-the-bot');
  worker = await world.startWorker({
    ...forge.env,
    NODE_OPTIONS: `--import=${LOSSY_FETCH}`,
    TRAINYARD_TEST_LOSE_SERVING: String(SHARE),
  });
  sdk = await world.sdk();
  temporal.lose(SHARE);
  forge.server.faults.add({ match: /./, action: { kind: 'drop-reply' }, share: SHARE });
});
afterAll(async () => {
  await world?.close();
  await forge?.server.stop();
  await temporal?.close();
  await env?.stop();
});

const isServed = (at: number): boolean => at % SERVED === 0;
const hasLfs = (at: number): boolean => at % WITH_LFS === 0;

/** Training that does nothing but say that it was started. */
function spec(at: number): Record<string, unknown> {
  const weights = hasLfs(at) ? '; echo "$TRAINYARD_RUN_ID" > "$TRAINYARD_OUTPUT_DIR/weights.bin"' : '';
  const model = isServed(at) ? '; cp model.torchscript "$TRAINYARD_OUTPUT_DIR/"' : '';
  const script = `echo started >> "$TRAINYARD_OUTPUT_DIR/starts"${weights}${model}; true`;
  const off = isServed(at) ? { evaluate: null } : { package: null, evaluate: null, serve: null };
  return world.spec({
    model: { repo: forge.server.url('model'), credentials: 'forge' },
    dataset: null,
    output: { repo: forge.server.url('output'), branch: 'result-{run}', credentials: 'forge' },
    recipe: { kind: 'command', command: ['sh', '-c', script] },
    ...off,
  });
}

describe('runs that lose one answer in ten of Git, LFS, the inference servers and Temporal', () => {
  it(
    `all ${RUNS} end well, with one job, one branch and one commit each`,
    async () => {
      const slot = limiter(AT_ONCE);
      const begun = performance.now();
      const open = new Set<string>();
      let over = 0;
      const one = async (at: number): Promise<RunView> => {
        const { runId } = await sdk.start(spec(at));
        open.add(runId);
        const view = await sdk.result(runId, { signal: AbortSignal.timeout(LONGEST_MS) });
        open.delete(runId);
        over += 1;
        if (over % 25 === 0) say(`${over}/${RUNS}`, begun);
        return view;
      };
      const settled = new AbortController();
      const looking = lookAround(open, begun, settled.signal);
      const views = await Promise.all(Array.from({ length: RUNS }, (_, at) => slot(() => one(at)))).finally(
        async () => {
          settled.abort();
          await looking;
        },
      );
      say('all over', begun);
      expect(views.filter(({ status }) => status !== 'succeeded').map(({ error }) => error)).toEqual([]);
      expectRuns(views);
      expectBranches(views);
      await expectService(views.filter((_, at) => isServed(at)));
      expect(lostOfTemporal() / temporal.calls(), 'share of answers of Temporal').toBeGreaterThan(SHARE / 2);
      expect(forge.server.faults.hits(), 'answers of Git and LFS').toBeGreaterThan(RUNS * SHARE);
    },
    HOUR,
  );
});

function expectRuns(views: readonly RunView[]): void {
  expect(new Set(views.map(({ runId }) => runId)).size).toBe(RUNS);
  expect(readdirSync(join(world.workspace, 'runs'))).toHaveLength(RUNS);
  for (const { runId } of views) {
    const folder = join(world.workspace, 'runs', runId);
    expect(readFileSync(join(folder, 'output', 'starts'), 'utf8'), runId).toBe('started\n');
    const { plan } = world.record(runId);
    const wanted = plan.package === null ? ['t1'] : ['p1', 't1'];
    expect(readdirSync(join(folder, 'jobs')).toSorted()).toEqual(wanted.map((job) => `${plan.jobPrefix}-${job}`));
  }
  expect(readdirSync(join(world.workspace, 'active')), 'jobs whose end is still to be told').toEqual([]);
}

function expectBranches(views: readonly RunView[]): void {
  const bare = forge.bare('output');
  const lines = git(bare, 'for-each-ref', '--format=%(refname:short) %(objectname)').split('\n');
  const wanted = views.map(({ runId }) => `result-${runId} ${world.record(runId).commit}`);
  expect(lines.toSorted()).toEqual(wanted.toSorted());
  expect(git(bare, 'rev-list', '--count', '--all')).toBe(String(RUNS));
  for (const [at, { runId }] of views.entries()) {
    if (!hasLfs(at) || isServed(at)) continue;
    const pointer = git(bare, 'show', `result-${runId}:weights.bin`);
    const oid = /sha256:([0-9a-f]{64})/.exec(pointer)?.[1] ?? '';
    const path = join(bare, 'lfs', 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
    expect(readFileSync(path, 'utf8')).toBe(`${runId}\n`);
  }
}

async function expectService(served: readonly RunView[]): Promise<void> {
  const versions = readdirSync(join(world.workspace, 'published', 'world'), { withFileTypes: true });
  const folders = versions.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.toSorted()).toEqual(served.map(({ service }) => service?.version).toSorted());
  expect(world.processes().map(({ command }) => command)).toEqual([expect.stringContaining('local_server.py')]);
  expect(await askService(served[0]?.service?.url ?? '', 'world', [1, 2, 3, 4])).toHaveLength(2);
}

/** Says once a minute what those that are not over wait for. */
async function lookAround(open: ReadonlySet<string>, begun: number, signal: AbortSignal): Promise<void> {
  while (await delay(60_000, true, { signal }).catch(() => false)) {
    const views = await Promise.all([...open].slice(0, 5).map((runId) => sdk.get(runId).catch(() => null)));
    const stages = views.flatMap((view) => (view === null ? [] : [`${view.runId} ${view.stage} ${view.status}`]));
    say(`${open.size} open: ${stages.join(', ')}`, begun);
  }
}

const lostOfTemporal = (): number => [...temporal.lost.values()].reduce((sum, count) => sum + count, 0);

function say(what: string, begun: number): void {
  const seconds = Math.round((performance.now() - begun) / 1000);
  const served = worker.lines.filter((line) => line.startsWith('lost an answer')).length;
  const lost = `lost: Temporal ${lostOfTemporal()} of ${temporal.calls()}, Git and LFS ${forge.server.faults.hits()}, serving ${served}`;
  process.stdout.write(`replies lost: ${what}, ${seconds} s; ${lost}\n`);
}
