import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { sha256 } from './cache.mjs';
import { npmAnswers, npmCommand } from './node.mjs';
import { impossible, obtain, obtainable, present } from './part.mjs';
import { run } from './process.mjs';

const STAMP = '.trainyard-lock-sha256';

function paths(checkout) {
  const modules = join(checkout, 'node_modules');
  return { modules, lock: join(checkout, 'package-lock.json'), stamp: join(modules, STAMP) };
}

/**
 * Whether node_modules holds what the lock file says. `npm ci` removes the folder first, and the stamp with it,
 * so an interrupted installation is never taken for a whole one.
 */
export function dependenciesCurrent(checkout) {
  const { modules, lock, stamp } = paths(checkout);
  if (!existsSync(lock) || !existsSync(modules)) return false;
  const digest = sha256(readFileSync(lock));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return true;
  if (!installedByHand(modules, lock)) return false;
  writeFileSync(stamp, digest);
  return true;
}

/** npm writes a lock of its own into node_modules as the last thing it does; it must agree with the project's. */
function installedByHand(modules, lock) {
  const own = join(modules, '.package-lock.json');
  if (!existsSync(own)) return false;
  const installed = readPackages(own);
  const wanted = readPackages(lock);
  const names = Object.keys(wanted).filter((path) => path !== '');
  const present = names.filter((path) => Object.hasOwn(installed, path));
  const complete = names.every((path) => Object.hasOwn(installed, path) || wanted[path].optional === true);
  const same = present.every((path) => installed[path].version === wanted[path].version);
  return complete && same && present.length === Object.keys(installed).length;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/** Plans the npm packages named by package-lock.json. */
export async function planDependencies(machine) {
  const { modules } = paths(machine.checkout);
  const find = () => (dependenciesCurrent(machine.checkout) ? modules : null);
  const current = find();
  if (current !== null) return present('packages', current);
  const npm = await npmAnswers(machine);
  if (!npm.ok) {
    return impossible('packages', {
      message: 'the npm packages cannot be obtained',
      where: modules,
      why: npm.why,
      fix: "connect to the network, or set npm's registry (npm config set registry URL), then run the command again",
    });
  }
  return obtainable('packages', {
    why: existsSync(modules) ? 'node_modules is not what package-lock.json says' : 'node_modules is not there',
    find,
    ways: [{ how: 'npm ci', size: '100 MB', time: '20 s', get: (task) => install(machine, task) }],
  });
}

async function install(machine, task) {
  const { modules, lock, stamp } = paths(machine.checkout);
  const node = machine.found.node ?? process.execPath;
  const [command, ...first] = npmCommand(machine.env, node);
  const env = { ...machine.env, PATH: `${dirname(node)}${delimiter}${machine.env.PATH ?? ''}` };
  const digest = sha256(readFileSync(lock));
  const args = [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const result = await run(command, args, { cwd: machine.checkout, env, onLine: (line) => task.note(line) });
  if (!result.ok) throw new Error(npmReason(result));
  writeFileSync(stamp, digest);
  return modules;
}

/** npm's own words without the advice around them. */
function npmReason(result) {
  const lines = result.output.split('\n').filter((line) => /^npm (error|ERR!)/.test(line));
  const said = lines.map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  const useful = said.filter((line) => line !== '' && !/^(A complete log|code )/.test(line));
  return useful.slice(0, 3).join('; ') || result.why;
}

export async function ensureDependencies(machine) {
  return obtain(machine, await planDependencies(machine));
}
