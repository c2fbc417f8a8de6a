import { Client, Connection } from '@temporalio/client';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newRunId } from '../client/sdk/runs.ts';
import { WORKFLOW_TYPE } from '../domain/messages.ts';
import type { RunView } from '../domain/run-state.ts';
import { STAGES } from '../domain/stage.ts';
import { createLogger } from '../worker/logger.ts';
import { type Session, startSession } from '../worker/session.ts';
import { type HandPass, runByHand } from './support/by-hand.ts';
import { cpuOf, ownCpu } from './support/cpu.ts';
import { type EngineTimes, measureEngine } from './support/engine.ts';
import { keepEvidence, load, loadWarning } from './support/evidence.ts';
import { numberOptions } from './support/options.ts';
import { figuresOf, type RunFigures } from './support/run-figures.ts';
import { makeScene, type Scene } from './support/scene.ts';
import { milliseconds, ratio, round, seconds, summarize } from './support/statistics.ts';

interface Measured {
  readonly runs: readonly RunFigures[];
  readonly byHand: readonly HandPass[];
  readonly engine: EngineTimes;
  /** Processor seconds a run: this process and Temporal's server. */
  readonly cpu: { readonly worker: number; readonly server: number | null };
  /** Resident memory of this process after the runs: it says how long starting another process takes. */
  readonly memoryMiB: number;
}

const options = numberOptions('bench:overhead', { runs: 30, 'warm-ups': 2, 'by-hand': 10 });

process.exitCode = await main();

/** Stops and removes everything, also after Ctrl-C. */
async function main(): Promise<number> {
  const busy = load();
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new Error('interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const scene = makeScene();
  let session: Session | null = null;
  try {
    session = await startSession({
      state: join(scene.folder, 'state'),
      settings: scene.settings,
      env: process.env,
      port: null,
      ui: false,
    });
    const measured = await measure(scene, session, interrupted.signal);
    await report(measured, busy);
    return 0;
  } catch (error) {
    console.error(error);
    return interrupted.signal.aborted ? 130 : 1;
  } finally {
    await session?.stop({ services: true });
    scene.remove();
  }
}

async function measure(scene: Scene, session: Session, signal: AbortSignal): Promise<Measured> {
  const { runs: count, 'warm-ups': warmUps, 'by-hand': handCount } = options;
  console.log(`${count} runs after ${warmUps} warm-ups, one after the other; ${handCount} passes by hand in between`);
  const connection = await Connection.connect({ address: session.address });
  try {
    const client = new Client({ connection, namespace: session.namespace });
    const runs: RunFigures[] = [];
    const byHand: HandPass[] = [];
    let cpu = { worker: 0, server: 0 };
    const serverPid = pidOfServer(scene);
    for (let at = -warmUps; at < count; at += 1) {
      signal.throwIfAborted();
      const before = { worker: ownCpu(), server: cpuOf(serverPid) ?? NaN };
      const figures = await oneRun(scene, client);
      if (at < 0) continue;
      runs.push(figures);
      const after = { worker: ownCpu(), server: cpuOf(serverPid) ?? NaN };
      cpu = { worker: cpu.worker + after.worker - before.worker, server: cpu.server + after.server - before.server };
      if (Math.floor(((at + 1) * handCount) / count) > byHand.length) byHand.push(await runByHand(scene, `hand-${at}`));
      progress(at + 1, count, figures);
    }
    const memoryMiB = Math.round(process.memoryUsage.rss() / 2 ** 20);
    // Last: making a bundle leaves this process twice as large, and a large one takes longer to start others.
    const engine = await measureEngine(
      { address: session.address, cache: session.ports.cache, logger: createLogger({ level: 'error', file: null }) },
      warmUps,
      count,
    );
    const server = round(cpu.server / count, 3);
    const perRun = { worker: round(cpu.worker / count, 3), server: Number.isNaN(server) ? null : server };
    return { runs, byHand, engine, cpu: perRun, memoryMiB };
  } finally {
    await connection.close();
  }
}

async function oneRun(scene: Scene, client: Client): Promise<RunFigures> {
  const { taskQueue, workspace } = scene.settings;
  const start = performance.now();
  const handle = await client.workflow.start(WORKFLOW_TYPE, {
    taskQueue,
    workflowId: newRunId(scene.spec),
    args: [scene.spec],
  });
  const view = (await handle.result()) as RunView;
  return await figuresOf(handle, view, { workspace, clientSeconds: (performance.now() - start) / 1000 });
}

function pidOfServer(scene: Scene): number {
  const text = readFileSync(join(scene.folder, 'state', 'server.json'), 'utf8');
  return (JSON.parse(text) as { readonly pid: number }).pid;
}

function progress(done: number, count: number, { overhead, wall }: RunFigures): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r${done}/${count} wall ${seconds(wall)} overhead ${seconds(overhead)}   `);
  if (process.stderr.isTTY && done === count) process.stderr.write('\n');
}

async function report({ runs, byHand, engine, cpu, memoryMiB }: Measured, busy: number): Promise<void> {
  const overhead = summarize(runs.map((run) => run.overhead));
  const hand = summarize(byHand.map((pass) => pass.around));
  const stages = STAGES.map((stage) => [stage, summarize(runs.map((run) => run.stages[stage]))] as const);
  const handovers = runs.flatMap((run) => run.handovers);
  const fromExit = summarize(handovers.map((one) => one.fromExit));
  const fromJobEnd = summarize(handovers.map((one) => one.fromJobEnd));
  const sevenEmpty = summarize(engine.sevenEmpty);
  const emptyRun = summarize(engine.emptyRun);
  const afterLastStage = summarize(runs.map((run) => run.afterLastStage));
  const toFirstStage = summarize(runs.map((run) => run.toFirstStage));
  const steps = summarize(runs.map((run) => run.steps));
  const server = summarize(runs.map((run) => run.server));
  const events = summarize(runs.map((run) => run.events));
  const bytes = summarize(runs.map((run) => run.bytes));
  const rows: readonly (readonly [label: string, p50: string, p95: string])[] = [
    ['overhead of a run', seconds(overhead.p50), seconds(overhead.p95)],
    ...stages.map(([stage, one]) => [`  ${stage}`, milliseconds(one.p50), milliseconds(one.p95)] as const),
    ['  before the first stage', milliseconds(toFirstStage.p50), milliseconds(toFirstStage.p95)],
    ['record written, result with the client', milliseconds(afterLastStage.p50), milliseconds(afterLastStage.p95)],
    ['last exit of a job to next stage', milliseconds(fromExit.p50), milliseconds(fromExit.p95)],
    ['  of it after the job was noted as ended', milliseconds(fromJobEnd.p50), milliseconds(fromJobEnd.p95)],
    ['engine: seven empty activities', milliseconds(sevenEmpty.p50), milliseconds(sevenEmpty.p95)],
    ["engine: the run's workflow, nothing in it", milliseconds(emptyRun.p50), milliseconds(emptyRun.p95)],
    ['not counted: processes of the steps', seconds(steps.p50), seconds(steps.p95)],
    ['not counted: inference server to ready', seconds(server.p50), seconds(server.p95)],
    ['history, events', String(events.p50), String(events.p95)],
    ['history, bytes', String(bytes.p50), String(bytes.p95)],
    ['by hand: git, LFS, processes, server, request', seconds(hand.p50), seconds(hand.p95)],
  ];
  console.log(`\n${loadWarning(busy)}${''.padEnd(46)} ${'p50'.padStart(9)} ${'p95'.padStart(9)}`);
  for (const [label, p50, p95] of rows) console.log(`${label.padEnd(46)} ${p50.padStart(9)} ${p95.padStart(9)}`);
  console.log(`\noverhead against the same by hand: ${ratio(overhead.p50, hand.p50)}`);
  console.log(
    `processor time a run: worker ${seconds(cpu.worker)}, Temporal's server ${cpu.server === null ? '-' : seconds(cpu.server)}; the worker holds ${memoryMiB} MiB`,
  );
  const path = await keepEvidence('bench-overhead', {
    load: { before: busy, after: load() },
    unit: 'seconds',
    overhead,
    stages: Object.fromEntries(stages),
    toFirstStage,
    afterLastStage,
    jobEndToNextStage: { fromExit, fromJobEnd },
    engine: { sevenEmpty, emptyRun },
    notCounted: { steps, server },
    history: { events, bytes },
    byHand: hand,
    overheadToByHand: round(overhead.p50 / hand.p50, 3),
    cpuPerRun: cpu,
    workerMemoryMiB: memoryMiB,
  });
  console.log(`kept in ${path}`);
}
