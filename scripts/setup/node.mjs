import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isExecutable, isWindows, moveIn, programName, which } from './cache.mjs';
import { compareVersions } from './format.mjs';
import { impossible, obtain, obtainable, present } from './part.mjs';
import { run } from './process.mjs';

/** Runs TypeScript files as they are and satisfies every dependency. */
export const NODE_FLOOR = '22.18.0';
const NODE_MAJOR = 24;

export function isNewEnough(version) {
  return compareVersions(version, NODE_FLOOR) >= 0;
}

/** The cached Node's program, whether or not it is there. */
export function cachedNode(root) {
  return join(root, 'node', String(NODE_MAJOR), 'bin', programName('node'));
}

/** npm as a command: the one that started us, else the one on PATH. */
export function npmCommand(env, node = process.execPath) {
  if (/npm-cli\.c?js$/.test(env.npm_execpath ?? '')) return [node, env.npm_execpath];
  const found = which('npm', env.PATH);
  if (found === null) return null;
  return isWindows() ? [process.env.ComSpec ?? 'cmd.exe', '/d', '/c', 'npm'] : [found];
}

function packageName(machine) {
  return `node-${machine.platform === 'win32' ? 'win' : machine.platform}-${machine.arch}`;
}

/** Whether npm's registry answers; asked once a setup, whatever needs it. */
export async function npmAnswers(machine) {
  machine.npmProbe ??= probe(machine);
  return machine.npmProbe;
}

async function probe(machine) {
  const npm = npmCommand(machine.env);
  if (npm === null) return { ok: false, why: 'there is no npm on PATH' };
  const args = [
    'view',
    `${packageName(machine)}@${NODE_MAJOR}`,
    'version',
    '--fetch-retries=0',
    '--fetch-timeout=5000',
  ];
  const [command, ...first] = npm;
  const result = await run(command, [...first, ...args], { cwd: machine.checkout, env: machine.env, timeout: 15_000 });
  return { ok: result.ok, why: result.ok ? '' : `npm's registry does not answer: ${result.why}` };
}

/** Plans Node: the running one, the cached one, or a copy from npm. */
export async function planNode(machine) {
  const current = machine.nodeVersion ?? process.versions.node;
  if (isNewEnough(current)) return present('node', process.execPath);
  const path = cachedNode(machine.root);
  if (isExecutable(path)) return present('node', path);
  const npm = await npmAnswers(machine);
  if (!npm.ok) {
    return impossible('node', {
      message: `Node ${NODE_FLOOR} or newer is needed and cannot be obtained`,
      where: `this computer has Node ${current}`,
      why: npm.why,
      fix: `install Node ${NODE_MAJOR} (https://nodejs.org/en/download), then run the command again`,
    });
  }
  return obtainable('node', {
    why: `this is Node ${current}, and Trainyard needs ${NODE_FLOOR}`,
    find: () => (isExecutable(path) ? path : null),
    ways: [
      {
        how: `Node ${NODE_MAJOR} from npm`,
        size: '60 MB',
        time: '10 s',
        get: (_task, scratch) => getNode(machine, path, scratch),
      },
    ],
  });
}

async function getNode(machine, path, scratch) {
  const [command, ...first] = npmCommand(machine.env);
  const name = packageName(machine);
  const args = [
    'install',
    `${name}@${NODE_MAJOR}`,
    '--prefix',
    scratch,
    '--ignore-scripts',
    '--no-save',
    '--no-audit',
    '--no-fund',
  ];
  const result = await run(command, [...first, ...args], { cwd: scratch, env: machine.env });
  if (!result.ok) throw new Error(result.why);
  const unpacked = join(scratch, 'node_modules', name);
  const program = join(unpacked, 'bin', programName('node'));
  const check = await run(program, ['--version']);
  if (!check.ok || !isNewEnough(check.stdout)) throw new Error(`the copy from npm does not run here: ${check.why}`);
  mkdirSync(dirname(dirname(path)), { recursive: true });
  moveIn(unpacked, dirname(dirname(path)));
  return path;
}

export async function ensureNode(machine) {
  return obtain(machine, await planNode(machine));
}
