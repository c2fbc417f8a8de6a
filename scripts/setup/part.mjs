import { join } from 'node:path';
import { cacheRoot, scratchFolder } from './cache.mjs';
import { withLock } from './lock.mjs';
import { createReporter, SetupError } from './report.mjs';

/**
 * What setup knows of this computer. Parts read it and nothing else, so that tests can play any machine.
 */
export function thisMachine(checkout, env = process.env) {
  return {
    env,
    root: cacheRoot(env),
    checkout,
    platform: process.platform,
    arch: process.arch,
    isAdmin: process.getuid?.() === 0,
    reporter: createReporter(process.stderr, env),
    /** Paths of the parts that are there, by name; later parts use earlier ones. */
    found: {},
  };
}

/** The part is there. */
export function present(name, path) {
  return { name, state: 'present', path };
}

/**
 * The part can be had. `ways` are tried in order; each is `{how, size, time, room?, get(task, scratch)}` and returns the path.
 * `find` looks again once the lock is held: another process may have got it meanwhile.
 */
export function obtainable(name, { why, find, ways }) {
  return { name, state: 'get', why, find, ways };
}

/** The part cannot be had here; the four-part error says what a person can do. */
export function impossible(name, { code = 'TY_SETUP_UNOBTAINABLE', message, where, why, fix }) {
  return { name, state: 'impossible', error: new SetupError(code, message, { where, why, fix }) };
}

/** Carries out one plan and returns the part's path. Quiet when it is there. */
export async function obtain(machine, plan) {
  if (plan.state === 'impossible') throw plan.error;
  if (plan.state === 'present') return plan.path;
  const lock = join(machine.root, 'locks', plan.name);
  return withLock(
    lock,
    async () => (await plan.find()) ?? tryWays(machine, plan),
    (pid) => machine.reporter.say(`${plan.name}: waiting for process ${pid}, which is getting it (lock: ${lock})`),
  );
}

async function tryWays(machine, plan) {
  const failures = [];
  for (const way of plan.ways) {
    const task = machine.reporter.task(plan.name, `${way.how} (${way.size}, ${way.time}): ${plan.why}`);
    try {
      const path = await way.get(task, scratchFolder(machine.root, plan.name));
      task.done();
      return path;
    } catch (error) {
      task.fail(error.message);
      failures.push(`${way.how}: ${error.message}`);
    }
  }
  throw new SetupError('TY_SETUP_FAILED', `${plan.name} could not be obtained`, {
    where: `this computer (${machine.platform} ${machine.arch}), cache ${machine.root}`,
    why: failures.join('\n'),
    fix: 'check the network and the free space, then run the command again; what was obtained so far is kept',
  });
}
