import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Chain, chainsOf, placesOf } from '../support/crash-plan.ts';
import { limiter, pointsOfSource, walk } from '../support/crash-runs.ts';
import { type CrashScenario, SCENARIOS } from '../support/crash-scenarios.ts';
import { startTemporal, type TemporalEnv } from '../support/temporal-env.ts';

/** Code of clusters; the tests beside this one that need an API server are killed there. */
const OF_CLUSTERS: readonly string[] = ['job.created', 'job.suspending', 'job.resumed', 'handover.before-manifest'];

/** A run whose worker is killed there stands still for ten minutes. */
const UNHEARD = /^slot\.before-ask:/;

const HOUR = 3_600_000;
const points = pointsOfSource().filter((name) => !OF_CLUSTERS.includes(name));
const aFew = limiter(3 * availableParallelism());

interface Work {
  readonly scenario: CrashScenario;
  readonly chain: Chain;
  /** What went wrong; empty = nothing. */
  readonly wrong: Promise<readonly string[]>;
}

let env: TemporalEnv;
let works: readonly Work[] = [];

const say = (text: string): void => void process.stdout.write(`crash points: ${text}\n`);

beforeAll(async () => {
  env = await startTemporal();
  const walked = await Promise.all(
    SCENARIOS.map(async (scenario) => ({ scenario, ...(await aFew(() => walk({ env, scenario, kills: [] }))) })),
  );
  const taken = new Set<string>();
  const planned = walked.flatMap(({ scenario, passed }) => {
    const chains = chainsOf(passed, ({ name }) => !taken.has(name));
    for (const { name } of placesOf(passed)) taken.add(name);
    return chains.map((chain) => ({ scenario, chain }));
  });
  const places = planned.reduce((sum, { chain }) => sum + chain.places.length, 0);
  say(`${taken.size} points, passed ${places} times; ${planned.length} runs`);
  let over = 0;
  works = planned.map(({ scenario, chain }) => {
    const wrong = survive(scenario, chain).then((faults) => {
      over += 1;
      say(`${over}/${planned.length} ${chain.kills.join(' ')}: ${faults[0] ?? 'right'}`);
      return faults;
    });
    return { scenario, chain, wrong };
  });
}, HOUR);
afterAll(() => env?.stop());

/** A place that a killed run does not come to again is tried alone; what is passed at all has to be exercised once. */
async function survive(scenario: CrashScenario, { places, kills }: Chain): Promise<readonly string[]> {
  try {
    const work = () => walk({ env, scenario, kills });
    // One that stands still needs no place among the others, but time.
    const walked = await (kills.some((kill) => UNHEARD.test(kill)) ? work() : aFew(work));
    for (const { name, nth } of places.slice(walked.kills)) {
      const alone = await aFew(() => walk({ env, scenario, kills: [`${name}:${nth}`] }));
      if (alone.kills === 0 && nth === 1) return [`${name} was never reached again`];
    }
    return [];
  } catch (error) {
    return [`${scenario.name}, killed at ${kills.join(' and ')}: ${String(error)}`];
  }
}

describe('a worker that is killed', () => {
  it.concurrent.each(points)(
    'at %s, however often a run passes there, loses nothing and does nothing twice',
    async (name) => {
      const mine = works.filter(({ chain }) => chain.places.some((place) => place.name === name));
      expect(mine.length, `no scenario passes ${name}: add one to crash-scenarios.ts`).toBeGreaterThan(0);
      const wrong = await Promise.all(mine.map((work) => work.wrong));
      expect(wrong.flat()).toEqual([]);
    },
    HOUR,
  );

  it('is killed at forty points or more', () => {
    expect(points.length).toBeGreaterThanOrEqual(40);
  });
});
