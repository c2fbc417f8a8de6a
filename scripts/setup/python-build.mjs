import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWindows, moveIn } from './cache.mjs';
import { pipEnv } from './pip.mjs';
import { run } from './process.mjs';
import { hasModules, inspect } from './python-base.mjs';
import { environmentKey, MODULES, SERVER, servingPackages } from './python-packages.mjs';

// Environments cannot be moved: scripts in them hold the path. So one is made where it stays, and counts only
// once its stamp is written; a folder without a stamp is removed by the next attempt.
const STAMP = 'trainyard.json';

function interpreter(folder) {
  return isWindows() ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python3');
}

async function must(command, args, options) {
  const result = await run(command, args, options);
  if (!result.ok) throw new Error(result.why);
}

/**
 * Makes an environment over an interpreter, with the inference server in it, and torch too when `torchArgs` say
 * where from.
 */
export async function buildEnvironment(machine, base, pip, task, torchArgs = null) {
  const folder = join(machine.root, 'python', environmentKey(torchArgs === null ? base : { ...base, torch: null }));
  const python = interpreter(folder);
  if (!existsSync(join(folder, STAMP))) {
    rmSync(folder, { recursive: true, force: true });
    await fill(machine, { base, folder, python, pip, torchArgs, task });
  }
  const pointer = join(machine.root, 'python', 'current.json');
  writeFileSync(`${pointer}.${process.pid}`, `${JSON.stringify({ python })}\n`);
  moveIn(`${pointer}.${process.pid}`, pointer);
  return python;
}

async function fill(machine, { base, folder, python, pip, torchArgs, task }) {
  const env = pipEnv(machine.env);
  const options = { env, onLine: (line) => task.note(line) };
  mkdirSync(join(folder, '..'), { recursive: true });
  const inherit = torchArgs === null ? ['--system-site-packages'] : [];
  await must(base.executable, ['-m', 'venv', '--without-pip', ...inherit, folder], options);
  if (torchArgs === null && base.venv) linkParent(base, folder);

  const prepare = pip.prepare(python);
  if (prepare !== null) await must(prepare[0], prepare.slice(1), options);
  const install = (args) => {
    const [command, ...first] = pip.install(python);
    return must(command, [...first, ...args], options);
  };
  if (torchArgs !== null) await install(torchArgs);
  const torch = torchArgs === null ? base.torch : ((await inspect(python))?.torch ?? '2.3');
  await install(servingPackages(torch));
  await install(['--no-deps', SERVER]);

  task.note('checking that it imports');
  // Also compiles just the modules in use, which every later start then loads.
  await must(python, ['-c', 'import torch, numpy, PIL, kserve; from kserve import Model, ModelServer'], options);
  if (!(await hasModules(python, MODULES))) throw new Error(`the environment lacks one of ${MODULES.join(', ')}`);
  const stamp = {
    base: base.executable,
    version: base.version,
    torch,
    server: SERVER,
    packages: servingPackages(torch),
  };
  writeFileSync(join(folder, STAMP), `${JSON.stringify(stamp, null, 2)}\n`);
}

/** An environment over an environment sees only the system's packages; a path file adds the parent's. */
function linkParent(base, folder) {
  const lib = isWindows() ? join(folder, 'Lib') : join(folder, 'lib', readdirSync(join(folder, 'lib'))[0] ?? '');
  writeFileSync(join(lib, 'site-packages', 'trainyard-parent.pth'), `${base.path.join('\n')}\n`);
}
