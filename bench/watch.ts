import { setTimeout as sleep } from 'node:timers/promises';
import { watchedFinishes } from './support/finishes.ts';
import { keepEvidence, load, loadWarning } from './support/evidence.ts';
import { numberOptions } from './support/options.ts';
import { openPlayground } from './support/playground.ts';
import type { Playground } from './support/playground.ts';
import { round, seconds, summarize } from './support/statistics.ts';

/**
 * Many runs that wait at once: how many watches the API server has to serve, what the worker weighs, and how long the
 * end of a job takes to reach its workflow, against what a poll of five seconds would take.
 */
const options = numberOptions('bench:watch', { runs: 2000, starters: 10, 'ends-a-second': 5, ends: 500 });

process.exitCode = await main();

async function main(): Promise<number> {
  const busy = load();
  const play = await openPlayground();
  try {
    const before = await play.watches();
    await play.startWorker();
    await startAll(play);
    await play.until('every run waits for its pod', async () => (await play.running()) >= options.runs);
    // The first looks at so many silent logs are close together.
    await sleep(60_000);
    const idle = await play.idleCpu(20);
    const watches = await play.watches();
    const memory = play.workerMemory();
    const finishes = await endSome(play);
    await report({ play, before, watches, memory, idle, finishes, busy });
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  } finally {
    await play.close();
  }
}

/** So many side by side, each as soon as the one before it was taken. */
async function startAll(play: Playground): Promise<void> {
  let next = 0;
  const from = performance.now();
  const starter = async (): Promise<void> => {
    while (next < options.runs) {
      const number = next;
      next += 1;
      await play.start(number);
      // Taken is not yet waiting: more than a hundred on their way only makes all of them slower.
      while (next - (await play.submitted()) > 100) await sleep(100);
      if (number % 100 === 99)
        console.log(`  ${number + 1} runs started, ${seconds((performance.now() - from) / 1000)}`);
    }
  };
  await Promise.all(Array.from({ length: options.starters }, starter));
}

async function endSome(play: Playground): Promise<readonly number[]> {
  const finishes = watchedFinishes(play);
  const names = (await play.jobs()).slice(0, options.ends);
  for (const [index, name] of names.entries()) {
    await play.end(name);
    await sleep(1000 / options['ends-a-second']);
    if (index % 50 === 49) console.log(`  ${index + 1} jobs ended`);
  }
  return await finishes.delays(names);
}

interface Report {
  readonly play: Playground;
  readonly before: Readonly<Record<string, number>>;
  readonly watches: Readonly<Record<string, number>>;
  readonly memory: number;
  readonly idle: number;
  readonly finishes: readonly number[];
  readonly busy: number;
}

async function report({ before, watches, memory, idle, finishes, busy, play }: Report): Promise<void> {
  const added = Object.fromEntries(
    Object.entries(watches)
      .map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
  const delay = summarize(finishes);
  const polled = summarize(finishes.map((_one, index) => ((index * 0.618) % 1) * 5));
  const figures = {
    load: busy,
    runs: options.runs,
    watchesAtTheServer: added,
    workerMemoryMiB: memory,
    workerMemoryAtEndMiB: play.workerMemory(),
    workerCoresWhileWaiting: round(idle, 3),
    finishSeconds: delay,
    pollOfFiveSeconds: polled,
  };
  const path = await keepEvidence('bench-watch', figures);
  console.log(loadWarning(busy) + JSON.stringify(figures, null, 2));
  console.log(`p95 ${seconds(delay.p95)}; a poll of five seconds ${seconds(polled.p95)}; kept in ${path}`);
}
