import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { planDependencies } from './dependencies.mjs';
import { planGit, planGitLfs } from './git.mjs';
import { KUBERNETES_PLANNERS } from './kubernetes.mjs';
import { planNode } from './node.mjs';
import { formatBytes } from './format.mjs';
import { obtain } from './part.mjs';
import { planPython } from './python.mjs';
import { SetupError } from './report.mjs';
import { planTemporal } from './temporal.mjs';
import { planTimeSkipping } from './time-skipping.mjs';

const PRODUCT_PLANNERS = {
  node: planNode,
  packages: planDependencies,
  git: planGit,
  'git-lfs': planGitLfs,
  temporal: planTemporal,
  python: planPython,
};

const PLANNERS = { ...PRODUCT_PLANNERS, ...KUBERNETES_PLANNERS, 'time-skipping': planTimeSkipping };

/** Every part a whole Trainyard needs, in the order they are obtained: the quick ones first. */
export const ALL_PARTS = Object.keys(PRODUCT_PLANNERS);

/** The control plane and the played nodes that the ring `kube` of the tests needs beside them. */
export const KUBE_PARTS = ['kubernetes', 'kwok'];

/** The operators and the object store of the ring `cluster`. */
export const CLUSTER_PARTS = [...KUBE_PARTS, 'operators', 'volcano', 'versitygw'];

/** What the ring `chaos` needs beside them. */
export const CHAOS_PARTS = [...CLUSTER_PARTS, 'time-skipping'];

/** What checks and builds need. */
export const CODE_PARTS = ['node', 'packages'];

/**
 * Looks at every part first and gets none of them until it is sure that each can be had; then gets what is missing.
 * Quiet when all are there.
 * @returns {Promise<Record<string, string>>} the path of each part by name
 */
export async function prepare(machine, names, planners = PLANNERS) {
  const plans = await Promise.all(names.map((name) => planners[name](machine)));
  const missing = plans.filter((plan) => plan.state !== 'present');
  if (missing.length > 0) describe(machine, plans);
  const hopeless = plans.filter((plan) => plan.state === 'impossible');
  for (const plan of hopeless.slice(0, -1)) machine.reporter.say(plan.error.render());
  if (hopeless.length > 0) throw hopeless.at(-1).error;
  requireRoom(machine, missing);
  for (const plan of plans) machine.found[plan.name] = await obtain(machine, plan);
  return machine.found;
}

/** Half a gigabyte a part, unless its way says that it takes more. */
const ROOM = 5e8;

function requireRoom(machine, missing) {
  const needed = missing.reduce((sum, plan) => sum + (plan.ways[0].room ?? ROOM), 0);
  let folder = machine.root;
  while (!existsSync(folder)) folder = dirname(folder);
  const disk = statfsSync(folder);
  const free = machine.freeBytes ?? disk.bavail * disk.bsize;
  if (free >= needed) return;
  throw new SetupError('TY_SETUP_UNOBTAINABLE', 'the disk has too little room for what is missing', {
    where: folder,
    why: `${formatBytes(needed)} are needed with what compilers and installers keep, ${formatBytes(free)} are free`,
    fix: 'free some space, or set XDG_CACHE_HOME to a folder on another disk',
  });
}

function describe(machine, plans) {
  const { say } = machine.reporter;
  say(`Trainyard looks for what it needs (kept in ${machine.root}):`);
  for (const plan of plans) {
    const name = plan.name.padEnd(10);
    if (plan.state === 'present') say(`  ok       ${name} ${plan.path}`);
    if (plan.state === 'get')
      say(`  to get   ${name} ${plan.ways[0].how} (${plan.ways[0].size}, ${plan.ways[0].time})`);
    if (plan.state === 'impossible') say(`  missing  ${name} ${plan.error.message}`);
  }
}
